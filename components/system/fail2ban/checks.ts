import type { ControlId } from "../../compliance/controls";
import { anyOf, literal } from "../../plan/patterns";
import { programCommand } from "../../plan/programs";
import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import type { Fail2banSettings, Jail } from "./settings";
import { WEB_ACTION } from "./webAction";

export function fail2banChecks(settings: Fail2banSettings): readonly Check[] {
  const names = settings.jails.map((jail) => jail.name).sort();
  const argv = programCommand("bans", "settings", ...names);
  return [
    isActive("fail2ban.service", { id: "fail2ban-active", control: "IDS-01" }),
    isEnabled("fail2ban.service", { id: "fail2ban-starts-at-boot", control: "IDS-01" }),
    {
      id: "fail2ban-jails-declared",
      control: "IDS-01",
      argv: ["fail2ban-client", "status"],
      expect: { kind: "matches", pattern: `Jail list:\\s*${literal(names.join(", "))}$` },
    },
    {
      id: "fail2ban-bans-in-effect",
      control: "IDS-01",
      argv: programCommand("bans", "missing"),
      expect: { kind: "equals", text: "" },
    },
    ...settings.jails.flatMap((jail) => jailChecks(settings, jail, argv)),
    ...settings.jails.flatMap((jail) => ignoreChecks(jail.ignore ?? settings.ignore, jail.name, argv)),
  ];
}

// What is watched beside SSH are the sites, and the services behind them.
function controlOf({ name }: Jail): ControlId {
  return name === "sshd" ? "IDS-01" : "IDS-03";
}

// The settings of all jails are asked at once, and each check finds its own line.
function jailChecks(settings: Fail2banSettings, jail: Jail, argv: readonly string[]): readonly Check[] {
  const says = (what: string, setting: string, line: string): Check => ({
    id: `fail2ban-${jail.name}-${what}`,
    control: controlOf(jail),
    argv,
    expect: { kind: "matches", pattern: `^${literal(`${jail.name} ${setting}`)} ${line}` },
  });
  const number = (name: string, value: number): Check => says(name, name, `${value}$`);
  return [
    number("maxretry", jail.maxRetry ?? settings.maxRetry),
    number("findtime", settings.findTime),
    number("bantime", settings.banTime),
    says("acts", "actions", `${jail.acts === undefined ? "nftables-multiport" : WEB_ACTION}$`),
    says("reads-journal", "journalmatch", `.*${literal(jail.journalMatch.split(" ")[0] ?? "")}`),
  ];
}

// fail2ban prints single addresses without their length, and in no fixed order.
function ignoreChecks(ignore: readonly string[], jail: string, argv: readonly string[]): readonly Check[] {
  const ask = { control: "IDS-02", argv } as const;
  const line = `^${literal(jail)} ignoreip [|\`]-`;
  const printed = ignore.map((network) => network.replace(/\/(32|128)$/, ""));
  return [
    ...printed.map(
      (network, index): Check => ({
        ...ask,
        id: `fail2ban-${jail}-ignoreip-${index + 1}`,
        expect: { kind: "matches", pattern: `${line} ${literal(network)}$` },
      }),
    ),
    { ...ask, id: `fail2ban-${jail}-ignoreip-exact`, expect: { kind: "lacks", pattern: `${line} (?!${anyOf(printed)}$)` } },
  ];
}
