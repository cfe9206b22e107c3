import { DEMANDED_BANS, DEMANDED_TOGETHER } from "../../components/config/demanded";
import type { Finding, Rule } from "../engine/rule";
import { type Configured, thresholdOf } from "../engine/thresholds";
import { filesWhere } from "../readers/files";
import { iniEntries } from "../readers/ini";
import { LENGTH_THRESHOLDS, type Narrowest, narrowest, prefixOf } from "../readers/network";
import { shown, type Value } from "../readers/value";

const FILTER = /^phiward-sshd$/;
const FILTER_ALLOWED = "phiward-sshd: it knows OpenSSH 10's words, and counts known and unknown names alike";
const WEEK = 604_800;
const THRESHOLDS = {
  maxRetry: { description: "the most failures before a ban", default: DEMANDED_BANS.maxRetry, minimum: 1, maximum: DEMANDED_BANS.maxRetry },
  findTime: {
    description: "the fewest seconds over which failures are counted",
    default: DEMANDED_BANS.findTime,
    minimum: DEMANDED_BANS.findTime,
    maximum: WEEK,
  },
  banTime: { description: "the fewest seconds of a ban", default: DEMANDED_BANS.banTime, minimum: DEMANDED_BANS.banTime, maximum: WEEK },
  ...LENGTH_THRESHOLDS,
};
const LOOPBACK = "127.0.0.0/8";

/** A number of a jail, and within which it must be. */
interface Limit {
  readonly setting: string;
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly unit: string;
}

/** What is demanded of the jails, as the stack has set it. */
interface Demanded {
  readonly limits: readonly Limit[];
  readonly lengths: Narrowest;
}

/** Who guesses at SSH is banned, and nearly nobody is exempt. */
export const fail2banGuardsSshd: Rule = {
  id: "fail2ban-guards-sshd",
  description: "fail2ban watches the SSH server, with few tries, long bans and a short list of exemptions.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["IDS-01"],
  remedy: "bring bans and adminNetworks in the stack's configuration within these limits",
  appliesTo: ["phiward:host:Fail2ban"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const demanded = demandedOf(configured);
    judgeSettings(unit.at("settings"), demanded, report);
    judgeFiles(unit, demanded, report);
  },
};

function demandedOf(configured: Configured | undefined): Demanded {
  const most = thresholdOf(THRESHOLDS, "maxRetry", configured);
  const [window, ban] = (["findTime", "banTime"] as const).map((name) => thresholdOf(THRESHOLDS, name, configured));
  const limits = [
    { setting: "maxRetry", key: "maxretry", from: 1, to: most, unit: "failures" },
    { setting: "findTime", key: "findtime", from: window ?? 0, to: Number.MAX_SAFE_INTEGER, unit: "seconds" },
    { setting: "banTime", key: "bantime", from: ban ?? 0, to: Number.MAX_SAFE_INTEGER, unit: "seconds" },
  ];
  return { limits, lengths: narrowest(configured) };
}

function judgeSettings(settings: Value, { limits, lengths }: Demanded, report: (finding: Finding) => void): void {
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
  for (const limit of limits) {
    const value = settings.at(limit.setting);
    const found = value.number();
    if (found !== undefined) demandLimit(limit, found, value.path, report);
  }
  const ignore = settings.at("ignore");
  const networks = (ignore.items() ?? []).flatMap((entry) => {
    const network = entry.text();
    if (network !== undefined) demandNarrow(network, entry.path, lengths, report);
    return network ?? [];
  });
  demandNarrowTogether(networks, ignore.path, lengths, report);
}

function judgeFiles(unit: Value, { limits, lengths }: Demanded, report: (finding: Finding) => void): void {
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
  for (const limit of limits)
    for (const { at, value } of demanded(limit.key, ["DEFAULT", "sshd"]))
      demandLimit(limit, /^\d+$/.test(value) ? Number(value) : value, at, report);
  for (const { at, value } of demanded("ignoreip", ["DEFAULT", "sshd"])) {
    const networks = value.split(/[\s,]+/).filter((word) => word !== "");
    for (const network of networks) demandNarrow(network, at, lengths, report);
    demandNarrowTogether(networks, at, lengths, report);
  }
  for (const { at, key } of entries)
    if (key === "ignorecommand") report({ at, found: "an ignorecommand", allowed: "none: whom it exempts cannot be read from it" });
}

function demandLimit({ key, from, to, unit }: Limit, found: number | string, at: string, report: (finding: Finding) => void): void {
  if (typeof found === "number" && found >= from && found <= to) return;
  const allowed = to === Number.MAX_SAFE_INTEGER ? `at least ${String(from)} ${unit}` : `${String(from)} to ${String(to)} ${unit}`;
  report({ at, found: typeof found === "number" ? `${key} ${String(found)}` : `${key} with ${shown(found)}`, allowed });
}

function demandNarrow(network: string, at: string, { of, allowed }: Narrowest, report: (finding: Finding) => void): void {
  const exempt = `loopback, and ${allowed}`;
  const prefix = prefixOf(network);
  if (prefix === undefined) report({ at, found: `an exemption that is not a network (${shown(network)})`, allowed: exempt });
  else if (network !== LOOPBACK && prefix.length < of[prefix.of])
    report({ at, found: `an exemption of a whole /${String(prefix.length)}`, allowed: exempt });
}

// Many narrow networks are as wide as one that is not narrow.
function demandNarrowTogether(networks: readonly string[], at: string, lengths: Narrowest, report: (finding: Finding) => void): void {
  const prefixes = [...new Set(networks)].flatMap((network) => (network === LOOPBACK ? [] : (prefixOf(network) ?? [])));
  for (const of of [32, 128] as const) {
    const widest = lengths.of[of];
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
