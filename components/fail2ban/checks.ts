import type { Check } from "../host/plan";
import type { Fail2banState } from "./plan";

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
    { id: "fail2ban-active", control: "IDS-01", cites: CITES, argv: ["systemctl", "is-active", "fail2ban.service"], expect: { kind: "equals", text: "active" } },
    { id: "fail2ban-starts-at-boot", control: "IDS-01", cites: CITES, argv: ["systemctl", "is-enabled", "fail2ban.service"], expect: { kind: "equals", text: "enabled" } },
    {
      id: "fail2ban-jails-declared",
      control: "IDS-01",
      cites: CITES,
      argv: ["fail2ban-client", "status"],
      expect: { kind: "matches", pattern: `Jail list:\\s*${names.join(", ")}$` },
    },
    ...state.jails.flatMap((jail) => [
      setting(jail.name, "maxretry", state.maxRetry),
      setting(jail.name, "findtime", state.findTimeSeconds),
      setting(jail.name, "bantime", state.banTimeSeconds),
      {
        id: `fail2ban-${jail.name}-reads-journal`,
        control: "IDS-01",
        cites: CITES,
        argv: ["fail2ban-client", "get", jail.name, "journalmatch"],
        expect: { kind: "matches", pattern: jail.journalMatch.split(" ")[0] ?? "" },
      } satisfies Check,
    ]),
    ...state.jails.map(
      (jail): Check => ({
        id: `fail2ban-${jail.name}-spares-administrators`,
        control: "IDS-02",
        cites: ["164.312(a)(2)(ii)"],
        argv: ["fail2ban-client", "get", jail.name, "ignoreip"],
        expect: { kind: "matches", pattern: "." },
      }),
    ),
  ];
}
