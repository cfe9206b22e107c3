import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONTROLS } from "../../../../../components/compliance/controls";
import { ALL_SEVERITIES, SEVERITIES } from "../../../../../components/config/severity";
import { type Condition, expressionOf } from "../../../../../components/monitoring/alerts/condition";
import { FOLLOW_ISOLATION, HOST_ISOLATED } from "../../../../../components/monitoring/alerts/isolation";
import { alertMatrix, HEARTBEAT } from "../../../../../components/monitoring/alerts/matrix";
import { ruleGroups, UNACKNOWLEDGED } from "../../../../../components/monitoring/alerts/rules";

const MATRIX = alertMatrix({
  diskPercent: 80,
  memoryPercent: 90,
  certificateDays: 7,
  vulnerabilities: { graveDays: 1, otherDays: 7, indexDrop: 5 },
  rotation: { passwordDays: 92, keyDays: 366, broughtDays: 366, graceDays: 14 },
});

// The operations guide's five, with its severities and thresholds.
const NAMED = [
  ["BRUTE_FORCE_ATTACK", "critical", { event: "brute-force", count: 1, minutes: 15 }],
  ["MULTIPLE_BACKUP_RESTORES", "high", { event: "restores-repeated", count: 1, minutes: 60 }],
  ["AUDIT_LOG_FAILURE", "critical", { kind: "any" }],
  ["SUSPICIOUS_ACTIVITY", "high", { event: "suspicious", count: 1 }],
  ["ENCRYPTION_KEY_ACCESS", "critical", { event: "key-read", count: 1 }],
] as const;

// The runbook's metrics: what an alert is due at.
const METRICS = [
  ["FAILED_LOGINS", "more than 10 an hour", { count: 11, minutes: 60 }],
  ["FAILED_LOGINS_MANY", "more than 50 an hour", { count: 51, minutes: 60 }],
  ["UNAUTHORISED_CALLS", "more than 5 an hour", { count: 6, minutes: 60 }],
  ["UNDECLARED_PORT", "any additional port", { threshold: 0 }],
  ["PATCHES_PENDING", "any critical patch", { threshold: 0 }],
  ["BACKUP_LATE", "24 hours", { hours: 24 }],
  ["BACKUP_MISSING", "48 hours", { hours: 48 }],
] as const;

const alertOf = (id: string) => MATRIX.find((alert) => alert.id === id);
const said = (condition: Condition) => expressionOf(condition, []);

describe("the alerts", () => {
  it.each(NAMED)("have the operations guide's %s, as grave and as soon as it says", (id, severity, condition) => {
    expect(alertOf(id)).toMatchObject({ severity, condition });
  });

  it.each(METRICS)("have %s at the runbook's threshold: %s", (id, _, condition) => {
    expect(alertOf(id)).toMatchObject({ condition });
    expect(alertOf(id)?.guides).toContain("runbook:metrics");
  });

  it("have names of their own, controls that there are, and a section of the runbook each", () => {
    const ids = [...MATRIX.map(({ id }) => id), HEARTBEAT, UNACKNOWLEDGED];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    const runbook = readFileSync(join(__dirname, "../../../../../docs/operations.md"), "utf8");
    const anchors = [...runbook.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(" ", "-"));
    for (const alert of MATRIX) {
      expect(CONTROLS).toHaveProperty([alert.control]);
      expect(anchors, alert.id).toContain(alert.runbook);
    }
  });

  it("say which label they mean wherever they name something", () => {
    for (const { id, summary, about } of MATRIX) expect(summary.includes("{what}"), id).toBe(about !== undefined);
  });

  it("are raised by rules, and a silent host within three minutes", () => {
    const rules = ruleGroups(MATRIX, ["web"]).flatMap((group) => group.rules.map(({ alert }) => alert));
    expect(rules).toEqual(expect.arrayContaining(MATRIX.map(({ id }) => id)));
    expect(alertOf("HOST_SILENT")).toMatchObject({ holdsMinutes: 0, condition: { seconds: 120 } });
  });

  it("are kept back by an isolation where they follow from it, and never where they tell of an intruder or of a silent host", () => {
    const ids = MATRIX.map(({ id }) => id);
    for (const id of FOLLOW_ISOLATION) expect(ids).toContain(id);
    for (const { id, source } of MATRIX.filter(({ severity, source }) => severity === "critical" || source === "events"))
      expect(FOLLOW_ISOLATION, `${id} ${source}`).not.toContain(id);
    for (const id of [HOST_ISOLATED, "HOST_ISOLATED_LONG", "UNDECLARED_PORT", "UNDECLARED_CHANGE"])
      expect(FOLLOW_ISOLATION).not.toContain(id);
  });

  it("go to the second contact when the time of their severity is over: the runbook's, and never longer for what is graver", () => {
    expect(ALL_SEVERITIES.map((severity) => SEVERITIES[severity].responseMinutes)).toEqual([15, 60, 240, 1440]);
    const rules = ruleGroups(MATRIX, [])
      .flatMap((group) => group.rules)
      .filter(({ alert }) => alert === UNACKNOWLEDGED);
    expect(rules.map((rule) => [rule.for, rule.labels["severity"]])).toEqual([
      ["15m", "critical"],
      ["60m", "high"],
      ["240m", "medium"],
      ["1440m", "low"],
    ]);
  });
});

describe("a condition", () => {
  it("asks for each declared host by name, since one that never sent anything has no series, once it has had time to be deployed", () => {
    const long = 'time() - process_start_time_seconds{job="prometheus"} > 900';
    expect(expressionOf({ kind: "silent", seconds: 120 }, ["web", "lab"])).toBe(
      [
        '(time() - push_time_seconds{job="host"} > 120)',
        ...["web", "lab"].map((host) => `(absent(push_time_seconds{instance="${host}",job="host"}) and on () (${long}))`),
      ].join(" or "),
    );
  });

  it("takes a text for itself, whatever it means to a pattern or ends a text by", () => {
    const labels = { unit: ["a.service", 'b"} or vector(1)'] };
    expect(said({ kind: "above", metric: "up", labels, threshold: 0 })).toBe(
      String.raw`up{unit=~"a\\.service|b\"\\} or vector\\(1\\)"} > 0`,
    );
    expect(said({ kind: "above", metric: "up", labels: { unit: ["a.b"] }, except: { kind: ["c"] }, threshold: 1 })).toBe(
      'up{unit="a.b",kind!="c"} > 1',
    );
  });

  it("counts events of a host together, whichever program tells of them", () => {
    expect(said({ kind: "events", event: "login-failed", count: 5, minutes: 15 })).toBe(
      'sum by (job, instance) (increase(phiward_events_total{event="login-failed"}[15m])) >= 5',
    );
    expect(said({ kind: "events", event: "login-failed", less: "login-mistyped", count: 5, minutes: 15 })).toBe(
      'sum by (job, instance) (increase(phiward_events_total{event="login-failed"}[15m])) - sum by (job, instance) (increase(phiward_events_total{event="login-mistyped"}[15m])) >= 5',
    );
  });
});
