import { isIPv6 } from "node:net";
import { canonicalAddress } from "../../config/network";
import { programCommand } from "../../plan/programs";
import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import { type CollectorSettings, KEY, SENDER, WATCH_TIMER } from "./settings";

/** That the copy is sent, to the collector that is declared, and by an account that can do nothing else. */
export function collectorChecks({ client, address }: CollectorSettings): readonly Check[] {
  const ask = { control: "LOG-12" } as const;
  const reached = `${canonicalAddress(address)}/${isIPv6(address) ? "128" : "32"}`;
  return [
    isActive(SENDER, { ...ask, id: "collector-sender-runs" }),
    isEnabled(SENDER, { ...ask, id: "collector-sender-starts-with-the-host" }),
    {
      ...ask,
      id: "collector-sender-reaches-one-address",
      argv: ["systemctl", "show", "--property=IPAddressAllow,IPAddressDeny", SENDER],
      // systemd has the two in either order.
      expect: {
        kind: "oneOf",
        texts: ["0.0.0.0/0 ::/0", "::/0 0.0.0.0/0"].map((all) => `IPAddressAllow=${reached}\nIPAddressDeny=${all}`),
      },
    },
    isActive(WATCH_TIMER, { ...ask, id: "collector-watch-timer-runs" }),
    {
      // By a handshake of its own, with the declared authority and name.
      ...ask,
      id: "collector-answers",
      argv: programCommand("collector", "answers"),
      expect: { kind: "equals", text: "answers" },
      // Whoever deploys cannot have another's machine answer.
      onlyWarns: true,
      outOfReach: true,
    },
    {
      ...ask,
      id: "collector-has-the-newest-record",
      argv: programCommand("collector", "sent"),
      expect: { kind: "equals", text: "sent" },
      onlyWarns: true,
      outOfReach: true,
    },
    ...(client === undefined
      ? []
      : [
          {
            ...ask,
            id: "collector-key-owner-only",
            argv: ["stat", "--format=%U:%G %a", KEY],
            expect: { kind: "equals", text: "root:root 600" },
          } as const,
        ]),
  ];
}
