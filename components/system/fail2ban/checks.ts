import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import type { Fail2banState } from "./settings";

const CITES = ["164.308(a)(5)(ii)(C)"];

/** What the running fail2ban must answer. */
export function fail2banChecks(state: Fail2banState): readonly Check[] {
  const names = state.jails.map((jail) => jail.name).sort();
  const setting = (jail: string, what: string, value: number): Check => ({
    id: `fail2ban-${jail}-${what}`,
    control: "IDS-01",
    cites: CITES,
    argv: ["fail2ban-client", "get", jail, what],
    expect: { kind: "equals", text: String(value) },
  });
  return [
    isActive("fail2ban.service", { id: "fail2ban-active", control: "IDS-01", cites: CITES }),
    isEnabled("fail2ban.service", { id: "fail2ban-starts-at-boot", control: "IDS-01", cites: CITES }),
    {
      id: "fail2ban-jails-declared",
      control: "IDS-01",
      cites: CITES,
      argv: ["fail2ban-client", "status"],
      expect: { kind: "matches", pattern: `Jail list:\\s*${names.join(", ")}$` },
    },
    ...state.jails.flatMap((jail) => [
      setting(jail.name, "maxretry", jail.maxRetry ?? state.maxRetry),
      setting(jail.name, "findtime", state.findTimeSeconds),
      setting(jail.name, "bantime", state.banTimeSeconds),
      {
        id: `fail2ban-${jail.name}-acts`,
        control: "IDS-01",
        cites: CITES,
        argv: ["fail2ban-client", "get", jail.name, "actions"],
        expect: { kind: "matches", pattern: "^nftables-multiport$" },
      } satisfies Check,
      {
        id: `fail2ban-${jail.name}-reads-journal`,
        control: "IDS-01",
        cites: CITES,
        argv: ["fail2ban-client", "get", jail.name, "journalmatch"],
        expect: { kind: "matches", pattern: jail.journalMatch.split(" ")[0] ?? "" },
      } satisfies Check,
    ]),
    ...state.jails.flatMap((jail) => spared(state, jail.name)),
  ];
}

// fail2ban prints single addresses without their length, and in no fixed order.
function spared(state: Fail2banState, jail: string): readonly Check[] {
  const ask = { control: "IDS-02", cites: ["164.312(a)(2)(ii)"], argv: ["fail2ban-client", "get", jail, "ignoreip"] };
  const printed = state.ignore.map((network) => network.replace(/\/(32|128)$/, "").replaceAll(".", "\\."));
  return [
    ...printed.map(
      (network, index): Check => ({
        ...ask,
        id: `fail2ban-${jail}-spares-${String(index + 1)}`,
        expect: { kind: "matches", pattern: `^[|\`]- ${network}$` },
      }),
    ),
    { ...ask, id: `fail2ban-${jail}-spares-nobody-else`, expect: { kind: "lacks", pattern: `^[|\`]- (?!(?:${printed.join("|")})$)` } },
  ];
}
