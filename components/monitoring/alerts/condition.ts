/** What an alert waits for, as data, and as Prometheus' language says it. */
import { literal } from "../../plan/patterns";
import type { MetricName } from "../look/metrics";

/** Which series of a metric count, by the texts that a label may have; none of it: all. */
export type Labels = Readonly<Record<string, readonly string[]>>;

/** Series of one metric. */
interface Series {
  readonly metric: MetricName;
  readonly labels?: Labels;
  /** Series that do not count: none of these texts may be the label's. */
  readonly except?: Labels;
}

/** When an alert is raised. Each keeps the labels of the series that it is raised for: the host, and what is wrong there. */
export type Condition =
  | ({ readonly kind: "above"; readonly threshold: number } & Series)
  /** No such service of the monitoring itself answers. */
  | ({ readonly kind: "equal"; readonly threshold: number } & Series)
  /** What the metric says of a moment lies longer back than this. */
  | ({ readonly kind: "olderThan"; readonly hours: number } & Series)
  /** What the metric says of a moment comes earlier than in so many days. */
  | ({ readonly kind: "closerThan"; readonly days: number } & Series)
  /** More than so many percent of `whole` are not in `left`. */
  | { readonly kind: "used"; readonly left: MetricName; readonly whole: MetricName; readonly percent: number; readonly except?: Labels }
  /** A counter that rose by more than `threshold` within so many minutes. */
  | ({ readonly kind: "rose"; readonly minutes: number; readonly threshold: number } & Series)
  /** So many events of one kind on a host within so many minutes, less those of another kind. */
  | { readonly kind: "events"; readonly event: string; readonly less?: string; readonly count: number; readonly minutes: number }
  /** A declared host that sent nothing for so many seconds, or nothing at all. */
  | { readonly kind: "silent"; readonly seconds: number }
  /** Any of these. */
  | { readonly kind: "any"; readonly of: readonly Condition[] };

// Prometheus is restarted by each deploy that declares another host, and that host is deployed after the vault.
const FIRST_DEPLOY_SECONDS = 900;
const WATCHES_LONG = `time() - process_start_time_seconds{job="prometheus"} > ${String(FIRST_DEPLOY_SECONDS)}`;

/** Hosts of which the vault expects metrics, by their lasting names. */
export type Hosts = readonly string[];

/** The condition as an expression of Prometheus. */
export function expressionOf(condition: Condition, hosts: Hosts): string {
  switch (condition.kind) {
    case "above":
      return `${seriesOf(condition)} > ${String(condition.threshold)}`;
    case "equal":
      return `${seriesOf(condition)} == ${String(condition.threshold)}`;
    case "olderThan":
      return `time() - ${seriesOf(condition)} > ${String(condition.hours * 3600)}`;
    case "closerThan":
      return `${seriesOf(condition)} - time() < ${String(condition.days * 86_400)}`;
    case "used": {
      const [left, whole] = [condition.left, condition.whole].map((metric) => seriesOf({ ...condition, metric }));
      return `100 * (1 - ${left ?? ""} / ${whole ?? ""}) > ${String(condition.percent)}`;
    }
    case "rose":
      return `increase(${seriesOf(condition)}[${String(condition.minutes)}m]) > ${String(condition.threshold)}`;
    case "events": {
      const kinds = condition.less === undefined ? [condition.event] : [condition.event, condition.less];
      return `${kinds.map((event) => rise(event, condition.minutes)).join(" - ")} >= ${String(condition.count)}`;
    }
    case "silent":
      return silence(condition.seconds, hosts);
    case "any":
      return condition.of.map((one) => `(${expressionOf(one, hosts)})`).join(" or ");
  }
}

// A host that never sent anything has no series: each declared one is asked for by name, once the deploy that told of it has had its time.
function silence(seconds: number, hosts: Hosts): string {
  const late = `(time() - push_time_seconds{job="host"} > ${String(seconds)})`;
  const absent = hosts.map((host) => `(absent(push_time_seconds{instance=${quoted(host)},job="host"}) and on () (${WATCHES_LONG}))`);
  return [late, ...absent].join(" or ");
}

function rise(event: string, minutes: number): string {
  const counted = seriesOf({ metric: "phiward_events_total", labels: { event: [event] } });
  return `sum by (job, instance) (increase(${counted}[${String(minutes)}m]))`;
}

function seriesOf({ metric, labels = {}, except = {} }: Series): string {
  const matchers = [...matchersOf(labels, "=", "=~"), ...matchersOf(except, "!=", "!~")];
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(",")}}`;
}

function matchersOf(labels: Labels, one: string, several: string): readonly string[] {
  return Object.entries(labels).map(([name, texts]) => {
    const [only, ...others] = texts;
    if (only !== undefined && others.length === 0) return `${name}${one}${quoted(only)}`;
    return `${name}${several}${quoted(texts.map(literal).join("|"))}`;
  });
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
