import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { monitoring } from "../../../../../components/config/sections/monitoring";
import { expressionOf } from "../../../../../components/monitoring/alerts/condition";
import { alertMatrix } from "../../../../../components/monitoring/alerts/matrix";
import { FIGURES, UNDELIVERED } from "../../../../../components/monitoring/look/figures";
import { METRICS, type MetricName, namesIn } from "../../../../../components/monitoring/look/metrics";
import { PANELS } from "../../../../../components/monitoring/look/panels";
import { dashboardJson } from "../../../../../ops/lib/grafana";

const HOST_PROGRAMS = join(__dirname, "../../../../../components/host/phiward_host");
const read = (file: string) => readFileSync(join(HOST_PROGRAMS, file), "utf8");
const MATRIX = alertMatrix(monitoring.parse({}));
const QUERIES = [...PANELS.map(({ query }) => query), ...FIGURES.map(({ query }) => query), UNDELIVERED];
const EXPRESSIONS = [...QUERIES, ...MATRIX.map(({ condition }) => expressionOf(condition, ["web"]))];

// The operations guide's own list, under "Grafana Dashboard".
const GUIDE = [
  "Failed login attempts (last 24 hours)",
  "Backup success rate",
  "Audit log write failures",
  "Active sessions count",
  "System uptime",
  "Security alert count by severity",
];

describe("names of metrics in an expression", () => {
  it.each([
    ["up == 0", ["up"]],
    ['sum by (instance, job) (increase(a_total{b="c d{x}"}[24h])) > 1', ["a_total"]],
    ["a and on (b) c or (0 * max by (d) (e)) unless ignoring (f) g", ["a", "c", "e", "g"]],
    ["time() - a < bool 3", ["a"]],
  ])("of %s are found, and no label, function or word of the language", (expression, names) => {
    expect(namesIn(expression)).toEqual(names);
  });
});

describe("what alerts, figures and panels ask for", () => {
  it("is published: by our own programs as their source has it, and else by what the list names", () => {
    const asked = new Set(EXPRESSIONS.flatMap(namesIn));
    expect([...asked].filter((name) => !(name in METRICS))).toEqual([]);
    // And nothing is in the list that nobody asks for.
    expect(Object.keys(METRICS).filter((name) => !asked.has(name))).toEqual([]);
    const [gauges, told] = [read("metrics/gauges.py"), read("detectors/told.py")];
    const served = read("metrics/figures.py") + read("metrics/served.py");
    for (const [name, publisher] of Object.entries(METRICS)) {
      if (publisher === "host") expect(gauges).toContain(`"${name}":`);
      if (publisher === "detectors") expect(told).toContain(name);
      if (publisher === "served") expect(served).toContain(`"${name}"`);
      expect(name.startsWith("phiward_"), name).toBe(["host", "served", "detectors"].includes(publisher));
    }
  });

  it("is an event that the detectors count", () => {
    const classes = read("detectors/classes.py");
    const events = EXPRESSIONS.flatMap((expression) => [...expression.matchAll(/event="([^"]*)"/g)].map(([, event = ""]) => event));
    expect(events.length).toBeGreaterThan(5);
    for (const event of events) expect(classes).toContain(`"${event}"`);
  });

  it("has no label by which a patient or a person could be named", () => {
    const labels = QUERIES.flatMap((query) => [...query.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"/g)].map(([, label = ""]) => label));
    expect([...new Set(labels)].sort()).toEqual([
      "alertstate",
      "control",
      "event",
      "fstype",
      "instance",
      "job",
      "kind",
      "mode",
      "severity",
    ]);
  });
});

describe("the dashboard for Grafana", () => {
  it("has every panel that the operations guide asks for", () => {
    expect(PANELS.flatMap(({ guide }) => guide ?? [])).toEqual(GUIDE);
  });

  it("has panels by names of their own, none over another, each of the chosen hosts", () => {
    const { panels } = JSON.parse(dashboardJson()) as { panels: { title: string; gridPos: { x: number; y: number; w: number } }[] };
    expect(new Set(panels.map(({ title }) => title)).size).toBe(PANELS.length);
    expect(new Set(panels.map(({ gridPos: { x, y } }) => `${String(x)},${String(y)}`)).size).toBe(PANELS.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    // What Alertmanager could not send is of the vault, whichever hosts are chosen.
    const all = PANELS.filter(({ query }) => !query.includes('instance=~"$host"')).map(({ title }) => title);
    expect(all).toEqual(["Alerts that could not be delivered"]);
  });

  it("names no metric whose name is not in the list, by type", () => {
    // @ts-expect-error A name that nobody publishes does not compile.
    const name: MetricName = "phiward_made_up";
    expect(name in METRICS).toBe(false);
  });
});
