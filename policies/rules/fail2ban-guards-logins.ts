import type { Finding, HostRule } from "../engine/rule";
import { filesWhere } from "../readers/files";
import { iniEntries } from "../readers/ini";
import { NGINX } from "../readers/nginx";
import type { Value } from "../readers/value";

const MOST = 5;
// Slowed down after as many, closed after three times as many. Whether `bans.maxRetry` is few, the rule fail2ban-guards-sshd says, whose
// threshold a stack may make stricter: the jail has no number of its own.
const JAILS: readonly (readonly [string, (maxRetry: number) => number])[] = [
  ["nginx-login", () => MOST],
  ["nginx-guesser", (maxRetry) => 3 * Math.max(MOST, maxRetry)],
];

/** Who guesses at an application's password is banned, as one who guesses at SSH. */
export const fail2banGuardsLogins: HostRule = {
  id: "fail2ban-guards-logins",
  description:
    "Where a site has a login, fail2ban counts failed ones: it slows an address down after five, and closes logins to it after fifteen.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["IDS-03"],
  remedy: "compute fail2ban's settings from the same configuration as the sites",
  judge(host, report) {
    const sites = host.of(NGINX).flatMap((nginx) => nginx.at("settings").at("sites").items() ?? []);
    // What is there may be text or not known yet; either way people log in there.
    const logins = sites.filter((site) => site.has("login") && (site.at("login").text() ?? "") !== "");
    if (logins.length === 0) return;
    for (const fail2ban of host.of("phiward:host:Fail2ban")) {
      const maxRetry = fail2ban.at("settings").at("maxRetry").number() ?? MOST;
      for (const [jail, mostOf] of JAILS) {
        const most = mostOf(maxRetry);
        judgeSettings(jail, most, fail2ban.at("settings"), report);
        judgeFiles(jail, most, fail2ban, report);
      }
    }
  },
};

function judgeSettings(name: string, most: number, settings: Value, report: (finding: Finding) => void): void {
  const jails = settings.at("jails");
  const members = jails.items()?.map((jail) => ({ jail, called: jail.at("name").text() }));
  if (members === undefined || members.some(({ called }) => called === undefined)) return;
  const own = members.find(({ called }) => called === name)?.jail;
  if (own === undefined) report({ at: jails.path, found: `no jail ${name}`, allowed: `a list with ${name} in it` });
  else if (own.has("maxRetry") && (own.at("maxRetry").number() ?? 0) > most)
    report({ at: own.at("maxRetry").path, found: "more tries", allowed: `1 to ${String(most)}` });
}

function judgeFiles(name: string, most: number, unit: Value, report: (finding: Finding) => void): void {
  const { files, complete } = filesWhere(unit, (path) => /^\/etc\/fail2ban\/(jail|filter)\.d\//.test(path));
  if (!complete) return;
  const entries = files.flatMap(({ at, path, texts }) =>
    texts.flatMap((text) => iniEntries(text).map((entry) => ({ at, path, ...entry }))),
  );
  const own = (key: string) => entries.filter((entry) => entry.path.includes("/jail.d/") && entry.section === name && entry.key === key);
  const enabled = own("enabled");
  if (enabled.length === 0 || enabled.some(({ value }) => value !== "true"))
    report({ at: enabled[0]?.at ?? "Fail2ban.files", found: `no jail ${name} that is enabled`, allowed: "enabled = true" });
  for (const { at, value } of own("maxretry"))
    if (!/^[1-9]\d?$/.test(value) || Number(value) > most) report({ at, found: "more tries", allowed: `1 to ${String(most)}` });
  for (const { at, value } of own("filter"))
    if (!entries.some(({ path, key }) => path === `/etc/fail2ban/filter.d/${value}.conf` && key === "failregex"))
      report({ at, found: "a filter that this component does not render", allowed: "one with a failregex" });
}
