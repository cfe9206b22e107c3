import type { ControlId } from "../../compliance/controls";
import { anyOf, literal } from "../../plan/patterns";
import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import type { Fail2banState, Jail } from "./settings";

export function fail2banChecks(state: Fail2banState): readonly Check[] {
  const names = state.jails.map((jail) => jail.name).sort();
  return [
    isActive("fail2ban.service", { id: "fail2ban-active", control: "IDS-01" }),
    isEnabled("fail2ban.service", { id: "fail2ban-starts-at-boot", control: "IDS-01" }),
    {
      id: "fail2ban-jails-declared",
      control: "IDS-01",
      argv: ["fail2ban-client", "status"],
      expect: { kind: "matches", pattern: `Jail list:\\s*${literal(names.join(", "))}$` },
    },
    ...state.jails.flatMap((jail) => jailChecks(state, jail)),
    ...state.jails.flatMap((jail) => ignoreChecks(state, jail.name)),
  ];
}

// What is watched beside SSH are the sites, and the services behind them.
function controlOf({ name }: Jail): ControlId {
  return name === "sshd" ? "IDS-01" : "IDS-03";
}

function jailChecks(state: Fail2banState, jail: Jail): readonly Check[] {
  const says = (what: string, answer: string, expect: Check["expect"]): Check => ({
    id: `fail2ban-${jail.name}-${what}`,
    control: controlOf(jail),
    argv: ["fail2ban-client", "get", jail.name, answer],
    expect,
  });
  const number = (name: string, value: number): Check => says(name, name, { kind: "equals", text: `${value}` });
  return [
    number("maxretry", jail.maxRetry ?? state.maxRetry),
    number("findtime", state.findTime),
    number("bantime", state.banTime),
    says("acts", "actions", { kind: "matches", pattern: "^nftables-multiport$" }),
    says("reads-journal", "journalmatch", { kind: "matches", pattern: literal(jail.journalMatch.split(" ")[0] ?? "") }),
  ];
}

// fail2ban prints single addresses without their length, and in no fixed order.
function ignoreChecks(state: Fail2banState, jail: string): readonly Check[] {
  const ask = { control: "IDS-02", argv: ["fail2ban-client", "get", jail, "ignoreip"] } as const;
  const printed = state.ignore.map((network) => network.replace(/\/(32|128)$/, ""));
  return [
    ...printed.map(
      (network, index): Check => ({
        ...ask,
        id: `fail2ban-${jail}-ignoreip-${index + 1}`,
        expect: { kind: "matches", pattern: `^[|\`]- ${literal(network)}$` },
      }),
    ),
    { ...ask, id: `fail2ban-${jail}-ignoreip-exact`, expect: { kind: "lacks", pattern: `^[|\`]- (?!${anyOf(printed)}$)` } },
  ];
}
