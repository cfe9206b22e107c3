/** The rows of a month's report, by the sections of both guides' reports: each says what was measured, or that it was not, and why. */

import { INCIDENT_CLASSES } from "../../../components/config/sections/incidents";
import type { ActKind } from "../audit/kinds";
import { counted as number } from "../counted";
import type { Incident } from "../incidents/state";
import { countedWaiting, type HostScans, type UnaskedHost } from "../vulnerabilities";
import { type Acts, type Measured, type MonthFacts, valueOf } from "./facts";

/** A row: what it is about, and what is known of it. */
export interface Row {
  readonly about: string;
  readonly said: string;
}

/** A section, with its rows. */
export interface Section {
  readonly heading: string;
  readonly rows: readonly Row[];
}

/** The sections, in the guides' order. */
export function sectionsOf(facts: MonthFacts): readonly Section[] {
  return [
    { heading: "Summary", rows: summary(facts) },
    { heading: "Authentication", rows: authentication(facts) },
    { heading: "Backups", rows: backups(facts) },
    { heading: "Alerts and incidents", rows: alerts(facts) },
    { heading: "System health", rows: health(facts) },
    { heading: "Compliance", rows: compliance(facts) },
    { heading: "What people did", rows: people(facts) },
  ];
}

function summary(facts: MonthFacts): readonly Row[] {
  return [
    row(
      "Incidents",
      said(facts.incidents, (all) => incidentsOf(all, facts.month)),
    ),
    row("Vulnerabilities found", said(facts.scans, vulnerabilities)),
    row("Hardening index of lynis", said(facts.scans, indexes)),
    row("Patches applied", checkSaid(facts, "security-updates-on", "the hosts install security updates; how many is not counted")),
    row("Access reviews", dutySaid(facts, "access-reviewed")),
  ];
}

// Whether something was one is decided by people, who opened it; what the hosts noticed is among the alerts.
function incidentsOf(all: readonly Incident[], { from, to }: MonthFacts["month"]): string {
  const within = (at: string): boolean => Date.parse(at) >= from.getTime() && Date.parse(at) < to.getTime();
  const opened = all.filter((incident) => within(incident.opened));
  const classes = INCIDENT_CLASSES.map((name) => [name, opened.filter((incident) => incident.class === name).length] as const);
  const by = classes.filter(([, count]) => count > 0).map(([name, count]) => `${name}: ${String(count)}`);
  const closed = all.filter((incident) => incident.closed !== undefined && within(incident.closed.of)).length;
  const open = all.filter((incident) => incident.closed === undefined).length;
  return `${String(opened.length)} opened by people${by.length === 0 ? "" : ` (${by.join(", ")})`}, ${String(closed)} closed; ${String(open)} are open now`;
}

function vulnerabilities(scans: readonly (HostScans | UnaskedHost)[]): string {
  return scans
    .map((host) => {
      if ("unreachable" in host) return `${host.host}: ${notMeasured(host.unreachable)}`;
      if (host.look === null) return `${host.host}: ${notMeasured("no look was held yet")}`;
      const untold = host.look.places.filter(({ untold: why }) => why !== "").length;
      const rest = untold === 0 ? "" : `, of ${number(untold, "image")} nothing is known`;
      return `${host.host}: ${countedWaiting(host)} that wait for an update${host.look.tracker === null ? ", severity not known" : ""}${rest}`;
    })
    .join("; ");
}

function indexes(scans: readonly (HostScans | UnaskedHost)[]): string {
  return scans
    .map((scanned) => {
      if ("unreachable" in scanned) return `${scanned.host}: ${notMeasured(scanned.unreachable)}`;
      const { host, lynis } = scanned;
      if (lynis === null) return `${host}: ${notMeasured("lynis has not judged it yet")}`;
      return `${host}: ${String(lynis.index)} of 100, ${number(lynis.warnings.length, "warning")}, ${number(lynis.suggestions.length, "suggestion")}`;
    })
    .join("; ");
}

function authentication({ acts }: MonthFacts): readonly Row[] {
  return [
    row("Logins", counted(acts, "login", "success")),
    row("Failed logins", counted(acts, "login", "failure")),
    row("Bans", counted(acts, "ban")),
    row("Acts as root", counted(acts, "privilege", "success")),
    row("Acts as root that were refused", counted(acts, "privilege", "denied")),
    row("By whom", said(acts, names)),
  ];
}

function backups(facts: MonthFacts): readonly Row[] {
  return [
    row("Backups made by hand", counted(facts.acts, "backup")),
    row("Restores", counted(facts.acts, "restore")),
    row("Last backup", checkSaid(facts, "backup-recent", "recent on each host that has backups")),
    row("Repositories", checkSaid(facts, "backup-checked", "read, without damage")),
    row("Restore test", checkSaid(facts, "backup-restore-tested", "succeeded in its time")),
  ];
}

function alerts(facts: MonthFacts): readonly Row[] {
  return [
    row("ENCRYPTION_KEY_ACCESS", counted(facts.acts, "ENCRYPTION_KEY_ACCESS")),
    row("AUDIT_LOG_FAILURE", counted(facts.acts, "AUDIT_LOG_FAILURE")),
    row("Alerts sent", notMeasured("whom they reached has them; the hosts keep what waits alone")),
    row("Alerts that wait", checkSaid(facts, "alerts-all-sent", "none")),
    row("Changes that nobody declared", checkSaid(facts, "integrity-nothing-found-daily", "none was found by the last daily look")),
  ];
}

function health({ verify }: MonthFacts): readonly Row[] {
  const found = valueOf(verify);
  if (found === undefined)
    return [
      row(
        "Checks",
        said(verify, () => ""),
      ),
    ];
  return [
    ...found.hosts.map(({ host, results }) => {
      const of = (status: string): number => results.filter((one) => one.status === status && one.waiver === undefined).length;
      const waived = results.filter(({ waiver }) => waiver !== undefined).length;
      return row(
        host,
        `${String(of("pass"))} checks pass, ${String(of("fail"))} fail, ${String(of("skipped"))} were skipped, ${String(waived)} are waived`,
      );
    }),
    ...found.unanswered.map(({ host }) => row(host, notMeasured("it did not answer"))),
  ];
}

function compliance(facts: MonthFacts): readonly Row[] {
  return [
    row(
      "Policies",
      said(
        facts.policy,
        ({ failed, waived, passed }) => `${String(passed)} rules pass, ${String(failed.length)} fail, ${String(waived.length)} are waived`,
      ),
    ),
    row(
      "HIPAA requirements met",
      notMeasured("no setting makes anything compliant; npx phiward evidence-report says clause by clause what supports it"),
    ),
    row("Access logs reviewed", dutySaid(facts, "records-read")),
    row("Backups tested", checkSaid(facts, "backup-restore-tested", "by the hosts, in its time")),
    row("Disaster recovery tested", dutySaid(facts, "disaster-recovered")),
  ];
}

function people({ duties }: MonthFacts): readonly Row[] {
  const known = valueOf(duties);
  if (known === undefined)
    return [
      row(
        "Duties",
        said(duties, () => ""),
      ),
    ];
  const done = known.lines.map(({ duty, on, by, note }) => row(duty, `${on}, ${by}: ${note}`));
  return done.length > 0 ? done : [row("Duties", "none was attested in this month")];
}

/** What is to be done, from the facts alone. */
export function recommendations({ verify, policy, duties }: MonthFacts): readonly string[] {
  const failing = (valueOf(verify)?.hosts ?? []).flatMap(({ host, results }) =>
    results
      .filter(({ status, waiver }) => status === "fail" && waiver === undefined)
      .map(({ id }) => `${host}: ${id} fails: npx phiward up, or see why`),
  );
  const refused = (valueOf(policy)?.failed ?? []).map((id) => `the rule ${id} fails: npx phiward policy`);
  const overdue = (valueOf(duties)?.states ?? [])
    .filter(({ standing }) => standing === "overdue")
    .map(({ duty }) => `${duty.id} is overdue: ${duty.title}`);
  return [...failing, ...refused, ...overdue];
}

function row(about: string, text: string): Row {
  return { about, said: text };
}

function notMeasured(why: string): string {
  return `not measured: ${why}`;
}

function said<Value>(measured: Measured<Value>, words: (value: Value) => string): string {
  return "value" in measured ? words(measured.value) : notMeasured(measured.missing);
}

function counted(acts: Measured<Acts>, kind: ActKind, outcome?: string): string {
  return said(acts, (all) => {
    const count = all.acts.filter((act) => act.kind === kind && (outcome === undefined || act.outcome === outcome)).length;
    const without = all.without.length === 0 ? "" : `; not measured on ${all.without.join(", ")}, of which there is no journal`;
    return `${all.more ? "at least " : ""}${String(count)}${without}`;
  });
}

function names({ acts }: Acts): string {
  const found = acts
    .filter(({ kind, outcome }) => kind === "login" && outcome === "success")
    .map(({ person, who }) => person ?? who ?? "-");
  return [...new Set(found)].toSorted().join(", ") || "nobody";
}

/** What a check says on all hosts that are asked it, when the report is made. */
function checkSaid({ verify }: MonthFacts, id: string, well: string): string {
  return said(verify, ({ hosts }) => {
    const asked = hosts.flatMap(({ host, results }) => results.filter((one) => one.id === id).map(({ status }) => ({ host, status })));
    if (asked.length === 0) return notMeasured(`no host that answered is asked ${id}`);
    const failed = asked.filter(({ status }) => status === "fail").map(({ host }) => host);
    const skipped = asked.filter(({ status }) => status === "skipped").map(({ host }) => host);
    if (failed.length > 0) return `${id} fails on ${failed.join(", ")}`;
    if (skipped.length > 0) return notMeasured(`${id} was skipped on ${skipped.join(", ")}`);
    return `${well} (${id})`;
  });
}

function dutySaid({ duties }: MonthFacts, id: string): string {
  return said(duties, ({ states, lines }) => {
    const times = lines.filter(({ duty }) => duty === id).length;
    const state = states.find(({ duty }) => duty.id === id);
    const last = state?.last === undefined ? "never attested" : `last attested by ${state.last.by} for ${state.last.on}`;
    return `${String(times)} times in this month; ${last}; ${state?.standing ?? "overdue"}`;
  });
}
