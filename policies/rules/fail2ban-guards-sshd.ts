import { DEMANDED_BANS, DEMANDED_LENGTH, DEMANDED_TOGETHER } from "../../components/config/demanded";
import type { Finding, Rule } from "../engine/rule";
import { filesWhere } from "../readers/files";
import { iniEntries } from "../readers/ini";
import { prefixOf } from "../readers/network";
import { shown, type Value } from "../readers/value";

const FILTER = /^phiward-sshd$/;
const FILTER_ALLOWED = "phiward-sshd: it knows OpenSSH 10's words, and counts known and unknown names alike";
const LIMITS = [
  { setting: "maxRetry", key: "maxretry", from: 1, to: DEMANDED_BANS.maxRetry, unit: "failures" },
  { setting: "findTime", key: "findtime", from: DEMANDED_BANS.findTime, to: Number.MAX_SAFE_INTEGER, unit: "seconds" },
  { setting: "banTime", key: "bantime", from: DEMANDED_BANS.banTime, to: Number.MAX_SAFE_INTEGER, unit: "seconds" },
];
const LOOPBACK = "127.0.0.0/8";
const IGNORED = `loopback, and networks of /${String(DEMANDED_LENGTH.ipv4)} (IPv4) or /${String(DEMANDED_LENGTH.ipv6)} (IPv6) at the widest`;

/** Who guesses at SSH is banned, and nearly nobody is exempt. */
export const fail2banGuardsSshd: Rule = {
  id: "fail2ban-guards-sshd",
  description: "fail2ban watches the SSH server, with few tries, long bans and a short list of exemptions.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["IDS-01"],
  remedy: "bring bans and adminNetworks in the stack's configuration within these limits",
  appliesTo: ["phiward:host:Fail2ban"],
  judge(unit, report) {
    judgeSettings(unit.at("settings"), report);
    judgeFiles(unit, report);
  },
};

function judgeSettings(settings: Value, report: (finding: Finding) => void): void {
  const jails = settings.at("jails");
  const named = jails.items()?.map((jail) => ({ name: jail.at("name").text(), jail }));
  for (const { jail } of named?.filter(({ name }) => name === "sshd") ?? []) {
    const filter = jail.at("filter");
    const found = filter.text();
    if (found !== undefined && !FILTER.test(found))
      report({
        at: filter.path,
        found: shown(found, ["sshd", "sshd[mode=normal]", "sshd[mode=aggressive]"]),
        allowed: FILTER_ALLOWED,
      });
  }
  if (named?.every(({ name }) => name !== undefined && name !== "sshd") === true)
    report({ at: jails.path, found: "no jail sshd", allowed: "a list with sshd in it" });
  for (const limit of LIMITS) {
    const value = settings.at(limit.setting);
    const found = value.number();
    if (found !== undefined) demandLimit(limit, found, value.path, report);
  }
  const ignore = settings.at("ignore");
  const networks = (ignore.items() ?? []).flatMap((entry) => {
    const network = entry.text();
    if (network !== undefined) demandNarrow(network, entry.path, report);
    return network ?? [];
  });
  demandNarrowTogether(networks, ignore.path, report);
}

function judgeFiles(unit: Value, report: (finding: Finding) => void): void {
  const { files, complete } = filesWhere(unit, (path) => /^\/etc\/fail2ban\/jail(\.d\/.*)?\.(conf|local)$/.test(path));
  const entries = files
    .flatMap(({ at, texts }) => texts.flatMap((text) => iniEntries(text).map((entry) => ({ at, ...entry }))))
    .filter(({ section }) => section === "DEFAULT" || section === "sshd");
  const demanded = (key: string, sections: readonly string[]): typeof entries => {
    const found = entries.filter((entry) => entry.key === key && sections.includes(entry.section));
    if (complete && found.length === 0)
      report({ at: "files", found: `no ${key} for sshd in fail2ban's jails`, allowed: "a list with a file that sets it" });
    return found;
  };
  for (const { at, value } of demanded("enabled", ["sshd"]))
    if (value !== "true") report({ at, found: "a jail sshd that is not enabled", allowed: "enabled = true" });
  for (const { at, value } of demanded("filter", ["sshd"]))
    if (!FILTER.test(value)) report({ at, found: "another filter for sshd", allowed: FILTER_ALLOWED });
  for (const limit of LIMITS)
    for (const { at, value } of demanded(limit.key, ["DEFAULT", "sshd"]))
      demandLimit(limit, /^\d+$/.test(value) ? Number(value) : value, at, report);
  for (const { at, value } of demanded("ignoreip", ["DEFAULT", "sshd"])) {
    const networks = value.split(/[\s,]+/).filter((word) => word !== "");
    for (const network of networks) demandNarrow(network, at, report);
    demandNarrowTogether(networks, at, report);
  }
  for (const { at, key } of entries)
    if (key === "ignorecommand") report({ at, found: "an ignorecommand", allowed: "none: whom it exempts cannot be read from it" });
}

function demandLimit(
  { key, from, to, unit }: (typeof LIMITS)[number],
  found: number | string,
  at: string,
  report: (finding: Finding) => void,
): void {
  if (typeof found === "number" && found >= from && found <= to) return;
  const allowed = to === Number.MAX_SAFE_INTEGER ? `at least ${String(from)} ${unit}` : `${String(from)} to ${String(to)} ${unit}`;
  report({ at, found: typeof found === "number" ? `${key} ${String(found)}` : `${key} with ${shown(found)}`, allowed });
}

function demandNarrow(network: string, at: string, report: (finding: Finding) => void): void {
  const prefix = prefixOf(network);
  if (prefix === undefined) report({ at, found: `an exemption that is not a network (${shown(network)})`, allowed: IGNORED });
  else if (network !== LOOPBACK && prefix.length < widestOf(prefix.of))
    report({ at, found: `an exemption of a whole /${String(prefix.length)}`, allowed: IGNORED });
}

// Many narrow networks are as wide as one that is not narrow.
function demandNarrowTogether(networks: readonly string[], at: string, report: (finding: Finding) => void): void {
  const prefixes = [...new Set(networks)].flatMap((network) => (network === LOOPBACK ? [] : (prefixOf(network) ?? [])));
  for (const of of [32, 128] as const) {
    const widest = widestOf(of);
    // What is wider is told by itself.
    const narrow = prefixes.filter((prefix) => prefix.of === of && prefix.length >= widest);
    const together = narrow.reduce((sum, { length }) => sum + 2 ** (widest - length), 0);
    if (together > DEMANDED_TOGETHER)
      report({
        at,
        found: `exemptions as wide together as ${String(Math.ceil(together))} networks of /${String(widest)}`,
        allowed: `${String(DEMANDED_TOGETHER)} at most`,
      });
  }
}

function widestOf(addressLength: 32 | 128): number {
  return addressLength === 32 ? DEMANDED_LENGTH.ipv4 : DEMANDED_LENGTH.ipv6;
}
