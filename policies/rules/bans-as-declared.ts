import { BANNED_CLIENTS } from "../../components/config/names";
import type { Rule } from "../engine/rule";
import { type ClosedFile, demandClosed, type KnownLine } from "../readers/closedLines";
import { filesWhere } from "../readers/files";
import type { Value } from "../readers/value";

const SSHD = "^\\S+ sshd(?:-session|-auth)?(?:\\[\\d+\\])?: ";
const WEB = "failregex = ^\\S+ nginx(?:\\[\\d+\\])?: client=<ADDR> id=\\S* site=\\S* .*?";
const FILTERS = "/etc/fail2ban/filter.d/phiward-";

const DEFAULTS: readonly KnownLine[] = [
  "[DEFAULT]",
  "backend = systemd",
  "usedns = no",
  "ignoreip = {ignored}",
  "ignoreself = true",
  "maxretry = {retries}",
  "findtime = {seconds}",
  "bantime = {ban}",
  "bantime.increment = true",
  "bantime.overalljails = true",
  "bantime.maxtime = {longest}",
  "maxmatches = 1",
  "banaction = nftables-multiport",
  "banaction_allports = nftables-allports",
];

function filter(name: string, lines: readonly KnownLine[]): ClosedFile {
  return { path: new RegExp(`^${FILTERS}${name}\\.conf$`), lines: ["[Definition]", ...lines, "ignoreregex ="], inOrder: true };
}

// A ban of theirs closes logins and nothing else, so that nobody is exempt.
const LOGIN_JAILS: readonly string[] = ["nginx-login", "nginx-guesser"];
const LOGINS_ALONE: readonly KnownLine[] = ["ignoreip = 127.0.0.0/8 ::1", "banaction = phiward-clients"];

// Behind proxies the firewall cannot act for these.
const SITE_JAILS: readonly string[] = ["nginx-scanner", "nginx-unknown", "nginx-limits"];

// Each counts what its jail is for; an empty one counts nothing.
const FILES: readonly ClosedFile[] = [
  {
    path: "/etc/fail2ban/fail2ban.local",
    lines: ["[Definition]", "allowipv6 = auto", "logtarget = SYSOUT", "dbpurgeage = {longest}"],
    inOrder: true,
  },
  filter("sshd", [
    `failregex = ${SSHD}Unable to negotiate with <ADDR> port \\d+:`,
    `${SSHD}banner exchange: Connection from <ADDR> port \\d+:`,
    `${SSHD}(?:fatal: )?Timeout before authentication for (?:connection from )?<ADDR>[ ,]`,
    `${SSHD}(?=.{1,499}$)(?:Connection (?:closed|reset) by|Disconnected from) (?:authenticating|invalid) user .* <ADDR> port \\d+ \\[preauth\\]$`,
    `${SSHD}(?=.{1,499}$)error: maximum authentication attempts exceeded for .* from <ADDR> port \\d+ ssh2 \\[preauth\\]$`,
  ]),
  filter("login", [`${WEB}(?:status=401 .*login=yes$)`]),
  filter("guesser", [`${WEB}(?:status=401 .*(?:basic=yes login=no|login=yes)$)`]),
  filter("scanner", [
    `${WEB}(?:route=-? .*status=(?:400|414|431|444|505) |route=-? .*status=40[34] .*asks=probe |method=(?!OPTIONS )\\S* status=405 )`,
  ]),
  filter("unknown", [`${WEB}(?:route=-? .*status=404 .*limited=(?!REJECTED_DRY_RUN )\\S* .*asks=other )`]),
  filter("limits", [`${WEB}(?:status=429 .*basic=no login=no$)`]),
  {
    path: /^\/etc\/fail2ban\/action\.d\/phiward-clients\.conf$/,
    lines: [
      "[Definition]",
      `actionstart = /usr/bin/install -d -m 0755 ${BANNED_CLIENTS} ${BANNED_CLIENTS}/<name>`,
      `actionstop = /usr/bin/rm -rf ${BANNED_CLIENTS}/<name>`,
      `actionflush = /usr/bin/find ${BANNED_CLIENTS}/<name> -mindepth 1 -delete`,
      `actioncheck = /usr/bin/test -d ${BANNED_CLIENTS}/<name>`,
      `actionban = /usr/bin/touch ${BANNED_CLIENTS}/<name>/<ip>`,
      `actionunban = /usr/bin/rm -f ${BANNED_CLIENTS}/<name>/<ip>`,
    ],
    inOrder: true,
  },
];

/** Who attacks is banned where it attacks: by which words, at which ports, and for how long is listed. */
export const bansAsDeclared: Rule = {
  id: "bans-as-declared",
  description: "The jails of fail2ban are the declared ones, with the filters, ports and actions that the rule lists, and no other.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["IDS-01", "IDS-02", "IDS-03"],
  remedy: "declare jails under bans in the stack's configuration",
  appliesTo: ["phiward:host:Fail2ban"],
  judge(unit, report) {
    const settings = unit.at("settings");
    const ignored = settings.at("ignore").texts();
    const [retries, seconds, ban, longest] = ["maxRetry", "findTime", "banTime", "maxBanTime"].map((name) => settings.at(name).number());
    const jails = jailsOf(settings);
    for (const { path, at } of filesWhere(unit, (found) => found.startsWith("/etc/fail2ban/")).files)
      if (
        !/^\/etc\/fail2ban\/(jail\.d\/phiward\.local|fail2ban\.local|filter\.d\/phiward-(sshd|login|guesser|scanner|unknown|limits)\.conf|action\.d\/phiward-clients\.conf)$/.test(
          path,
        )
      )
        report({ at, found: "another file of fail2ban", allowed: "those that the rule lists" });
    const proxies = settings.has("proxies") ? settings.at("proxies").texts() : [];
    if (proxies === undefined || ignored === undefined || jails === undefined || [retries, seconds, ban, longest].includes(undefined))
      return;
    const words = {
      ...jails.words,
      "1,499": "{1,499}",
      ignored: ignored.join(" "),
      proxies: proxies.join(" "),
      retries: String(retries),
      seconds: String(seconds),
      ban: String(ban),
      longest: String(longest),
    };
    const own: ClosedFile = { path: "/etc/fail2ban/jail.d/phiward.local", lines: [...DEFAULTS, ...jails.lines], inOrder: true };
    demandClosed(unit, [own, ...FILES], words, report);
  },
};

function jailsOf(settings: Value): { readonly lines: readonly KnownLine[]; readonly words: Readonly<Record<string, string>> } | undefined {
  const jails = settings
    .at("jails")
    .items()
    ?.map((jail) => ({
      name: jail.at("name").text(),
      filter: jail.at("filter").text(),
      match: jail.at("journalMatch").text(),
      ports: jail
        .at("ports")
        .items()
        ?.map((port) => port.number()),
      retries: jail.has("maxRetry") ? jail.at("maxRetry").number() : null,
    }));
  if (jails === undefined) return undefined;
  if (jails.some((jail) => Object.values(jail).includes(undefined) || jail.ports?.includes(undefined) !== false)) return undefined;
  const proxied = settings.has("proxies");
  const lines = jails.flatMap(({ name, retries }, index) => [
    `[{jail ${String(index)}}]`,
    "enabled = true",
    `filter = {filter ${String(index)}}`,
    `journalmatch = {match ${String(index)}}`,
    `port = {ports ${String(index)}}`,
    ...(retries === null ? [] : [`maxretry = {retries ${String(index)}}`]),
    ...(LOGIN_JAILS.includes(name ?? "") ? LOGINS_ALONE : []),
    ...(proxied && SITE_JAILS.includes(name ?? "") ? ["ignoreip = {ignored} {proxies}", "banaction = phiward-clients"] : []),
  ]);
  const words = jails.flatMap(({ name, filter, match, ports, retries }, index): [string, string][] => [
    [`jail ${String(index)}`, name ?? ""],
    [`filter ${String(index)}`, filter ?? ""],
    [`match ${String(index)}`, match ?? ""],
    [`ports ${String(index)}`, ports?.join(",") ?? ""],
    [`retries ${String(index)}`, String(retries)],
  ]);
  return { lines, words: Object.fromEntries(words) };
}
