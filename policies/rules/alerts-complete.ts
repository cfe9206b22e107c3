import { ALL_SEVERITIES, type Severity } from "../../components/config/severity";
import type { Finding, Rule } from "../engine/rule";
import { alertRoutes, reachesSomeone } from "../readers/alertRoutes";
import { ALERT_RULES, alertGroups, writtenAlerts } from "../readers/alertRules";
import type { Value } from "../readers/value";

// The guides' five, and those without which nobody hears of a host, a copy, an update, a port or a certificate.
const DEMANDED: Readonly<Record<string, Severity>> = {
  BRUTE_FORCE_ATTACK: "critical",
  MULTIPLE_BACKUP_RESTORES: "high",
  AUDIT_LOG_FAILURE: "critical",
  SUSPICIOUS_ACTIVITY: "high",
  ENCRYPTION_KEY_ACCESS: "critical",
  HOST_SILENT: "critical",
  BACKUP_LATE: "medium",
  PATCHES_PENDING: "low",
  UNDECLARED_PORT: "high",
  CERTIFICATE_ENDS: "high",
};

// Of these alone an alert takes another way than to the first contact: what says that the vault lives, and what nobody acknowledged.
const APART: Readonly<Record<string, "heartbeat" | "escalation">> = {
  'alert="HEARTBEAT"': "heartbeat",
  'stage="escalation"': "escalation",
};
const GROUP = ["name", "rules"];
const ALERT = ["alert", "annotations", "expr", "for", "labels"];
const FILE = ["global", "inhibit_rules", "receivers", "route"];
const KEEPS_BACK = ["equal", "source_matchers", "target_matchers"];
// An isolated host has these by what isolates it: its containers are frozen, and its backups, updates and renewals wait.
const OF_ISOLATION = [
  ...["BACKUP_LATE", "BACKUP_MISSING", "CERTIFICATE_ENDS", "CHECK_FAILS", "DATABASE_DOWN", "PATCHES_PENDING", "REBOOT_PENDING"],
  ...["REDIS_DOWN", "SECRET_OVERDUE", "VULNERABILITY_GRAVE", "VULNERABILITY_WAITS"],
];
const TIMES = ["group_interval", "group_wait", "repeat_interval"];

/** An alert that is not raised, or reaches nobody, is missed by nobody until it is needed. */
export const alertsComplete: Rule = {
  id: "alerts-complete",
  description: "The vault raises every alert of the guides, each with its severity, and all of them reach someone.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["MON-07", "MON-03", "MON-04"],
  remedy: "give alerts a webhook or an email address, and let the concern monitor write its alerts and routes",
  appliesTo: ["phiward:host:Monitor"],
  judge(unit, report) {
    const settings = unit.at("settings");
    const first = settings.at("first");
    const pager = hasAddress(settings, "pagerDuty");
    if (!pager && !isSomeone(first)) report({ at: first.path, found: "no recipient", allowed: "a webhook or an email address" });
    judgeAlerts(unit, report);
    const file = alertRoutes(unit, report);
    if (file !== undefined) judgeRoutes(file, settings, report);
  },
};

function judgeAlerts(unit: Value, report: (finding: Finding) => void): void {
  const groups = alertGroups(unit, report);
  for (const group of groups ?? []) demandKeys(group, GROUP, report);
  const alerts = writtenAlerts(groups);
  for (const [id, severity] of Object.entries(DEMANDED)) {
    const own = alerts?.filter(({ name }) => name === id);
    if (own?.length === 0) report({ at: ALERT_RULES, found: `no ${id}`, allowed: "every alert of the guides" });
    for (const { rule } of own ?? []) {
      demandKeys(rule, ALERT, report);
      if (rule.at("expr").text() === "") report({ at: rule.at("expr").path, found: "no condition", allowed: `that of ${id}` });
      judgeLabels(rule.at("labels"), id, severity, report);
    }
  }
}

// Routes and silences go by labels: with the name of another alert, or one more label, it takes another way.
function judgeLabels(labels: Value, id: string, severity: Severity, report: (finding: Finding) => void): void {
  demandKeys(labels, ["alert", "severity"], report);
  const [name, grade] = [labels.at("alert"), labels.at("severity")];
  const [called, found] = [name.text(), grade.text()];
  if (called !== undefined && called !== id) report({ at: name.path, found: "another name", allowed: id });
  const allowed = ALL_SEVERITIES.slice(0, ALL_SEVERITIES.indexOf(severity) + 1);
  if (found !== undefined && !allowed.some((one) => one === found))
    report({ at: grade.path, found: `another severity of ${id}`, allowed: allowed.join(" or ") });
}

function judgeRoutes(file: Value, settings: Value, report: (finding: Finding) => void): void {
  // Beside these there is what mutes alerts at times.
  demandKeys(file, FILE, report);
  for (const rule of file.has("inhibit_rules") ? (file.at("inhibit_rules").items() ?? []) : []) judgeInhibition(rule, report);
  const route = file.at("route");
  demandKeys(route, ["group_by", "receiver", "routes", ...TIMES], report);
  demandReceiver(file, route, report);
  for (const other of route.has("routes") ? (route.at("routes").items() ?? []) : []) {
    demandKeys(other, ["matchers", "receiver", ...TIMES], report);
    const matchers = other.at("matchers");
    const texts = matchers.texts();
    if (texts === undefined) continue;
    const apart = texts.length === 1 ? APART[texts[0] ?? ""] : undefined;
    if (apart === undefined) report({ at: matchers.path, found: "a way for other alerts", allowed: Object.keys(APART).join(" or ") });
    else if (apart === "heartbeat" ? hasAddress(settings, "heartbeat") : isSomeone(settings.at("escalation")))
      demandReceiver(file, other, report);
  }
}

// An alert may keep others of the same host back, where they follow from it: one that tells of an intruder is never among them.
function judgeInhibition(rule: Value, report: (finding: Finding) => void): void {
  demandKeys(rule, KEEPS_BACK, report);
  demandTexts(rule.at("source_matchers"), (text) => text === 'alert="HOST_ISOLATED"', "HOST_ISOLATED alone", report);
  demandTexts(rule.at("equal"), (text) => text === "instance", "instance: alerts of the same host alone", report);
  const names = (text: string): readonly string[] => /^alert=~"\(\?:([A-Z_|]+)\)"$/.exec(text)?.[1]?.split("|") ?? [""];
  const follows = (text: string): boolean => names(text).every((name) => OF_ISOLATION.includes(name));
  demandTexts(rule.at("target_matchers"), follows, "alerts that only follow from an isolation", report);
}

function demandTexts(list: Value, isAllowed: (text: string) => boolean, allowed: string, report: (finding: Finding) => void): void {
  const texts = list.texts();
  if (texts !== undefined && (texts.length !== 1 || !texts.every(isAllowed))) report({ at: list.path, found: "another list", allowed });
}

function demandReceiver(file: Value, route: Value, report: (finding: Finding) => void): void {
  const receiver = route.at("receiver");
  const name = receiver.text();
  if (name !== undefined && reachesSomeone(file, name) === false)
    report({ at: receiver.path, found: "a receiver without an address", allowed: "one with a webhook, an email address or PagerDuty" });
}

// Read, and not only looked for: of another kind it is refused, and unknown it is said to be.
function hasAddress(settings: Value, way: "pagerDuty" | "heartbeat"): boolean {
  return settings.has(way) && settings.at(way).at("url").text() !== "";
}

function isSomeone(contact: Value): boolean {
  return ["webhook", "mail"].some((way) => contact.has(way) && contact.at(way).text() !== "");
}

// A name that is not known may be anything, and is not repeated.
function demandKeys(map: Value, known: readonly string[], report: (finding: Finding) => void): void {
  if (map.keys()?.every((key) => known.includes(key)) === false) report({ at: map.path, found: "a key more", allowed: known.join(", ") });
}
