import { type AbsentFiles, type PlanFile, textFile } from "../../plan/files";
import { serviceSteps } from "../../plan/systemd";
import { ANY, type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import { fail2banChecks } from "./checks";
import { type Fail2banSettings } from "./settings";
import { SSH_FILTER, sshFilterText } from "./sshFilter";
import { WEB_ACTION, WEB_ACTION_FILE, WEB_ACTION_TEXT } from "./webAction";
import { filterText, WEB_JAIL_TABLE } from "./webFilters";

const JAILS = "/etc/fail2ban/jail.d/phiward.local";
const SERVICE = "/etc/fail2ban/fail2ban.local";

export function fail2banPlan(settings: Fail2banSettings): ConcernPlan {
  const files = [
    textFile(JAILS, jails(settings)),
    textFile(SERVICE, service(settings)),
    ...filters(settings),
    ...(settings.jails.some(({ acts }) => acts === "webServer") ? [textFile(WEB_ACTION_FILE, WEB_ACTION_TEXT)] : []),
  ];
  return {
    ...EMPTY_PLAN,
    packages: ["fail2ban", "python3-systemd", "nftables"],
    directories: [{ path: "/etc/fail2ban/jail.d", owner: "root:root", mode: "0755", exclusive: { noun: "jails", keep: [] } }],
    files,
    absent: ["jail.local", "filter.d/*.local", "action.d/*.local", "fail2ban.d/*", "paths-overrides.local"].map(
      (glob): AbsentFiles => ({ noun: "jails", glob: `/etc/fail2ban/${glob}` }),
    ),
    validators: [{ id: "fail2ban-client", argv: ["fail2ban-client", "--test"], files }],
    steps: [
      ...serviceSteps("fail2ban.service"),
      {
        // A plain reload drops every action that the jail did not have before, and then bans in name only (seen with 1.1.0):
        // the jails are restarted; running bans come back from fail2ban's own database.
        id: "reload-fail2ban",
        argv: ["fail2ban-client", "reload", "--restart"],
        phase: "after",
        when: { kind: "change", on: [ANY] },
        undo: { kind: "again" },
        // systemd takes it for started before it listens.
        trySeconds: 30,
      },
    ],
    checks: fail2banChecks(settings),
  };
}

function jails(settings: Fail2banSettings): string {
  return [
    "[DEFAULT]",
    "backend = systemd",
    "usedns = no",
    `ignoreip = ${settings.ignore.join(" ")}`,
    "ignoreself = true",
    `maxretry = ${settings.maxRetry}`,
    `findtime = ${settings.findTime}`,
    `bantime = ${settings.banTime}`,
    "bantime.increment = true",
    "bantime.overalljails = true",
    `bantime.maxtime = ${settings.maxBanTime}`,
    // Of the lines that it counts fail2ban keeps as many as make a ban: thousands for each address.
    "maxmatches = 1",
    // nftables, in its own table: a reloaded firewall does not admit banned addresses again.
    "banaction = nftables-multiport",
    "banaction_allports = nftables-allports",
    ...settings.jails.flatMap((jail) => [
      "",
      `[${jail.name}]`,
      "enabled = true",
      `filter = ${jail.filter}`,
      `journalmatch = ${jail.journalMatch}`,
      `port = ${jail.ports.join(",")}`,
      ...(jail.maxRetry === undefined ? [] : [`maxretry = ${jail.maxRetry}`]),
      ...(jail.ignore === undefined ? [] : [`ignoreip = ${jail.ignore.join(" ")}`]),
      ...(jail.acts === undefined ? [] : [`banaction = ${WEB_ACTION}`]),
    ]),
    "",
  ].join("\n");
}

function filters(settings: Fail2banSettings): readonly PlanFile[] {
  const used = new Set(settings.jails.map(({ filter }) => filter));
  const web = Object.values(WEB_JAIL_TABLE).filter(({ filter }) => used.has(filter));
  return [
    textFile(`/etc/fail2ban/filter.d/${SSH_FILTER}.conf`, sshFilterText()),
    ...web.map(({ filter, words }) => textFile(`/etc/fail2ban/filter.d/${filter}.conf`, filterText(words))),
  ];
}

// Bans are remembered for as long as the longest lasts: a further offence within it is not a first one.
function service(settings: Fail2banSettings): string {
  return `[Definition]\nallowipv6 = auto\nlogtarget = SYSOUT\ndbpurgeage = ${settings.maxBanTime}\n`;
}
