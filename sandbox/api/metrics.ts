const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  readonly labels: string;
  count: number;
  seconds: number;
  readonly buckets: number[];
}

/** Counts requests and how long they took, for Prometheus. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Series>();

  /** Counts one answered request; `route` is the route's pattern, so that no label holds an id. */
  count(route: string, method: string, status: number, seconds: number): void {
    const labels = `route="${route}",method="${method}",status="${String(status)}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    const series = this.#durations.get(route) ?? { labels: `route="${route}"`, count: 0, seconds: 0, buckets: BUCKETS.map(() => 0) };
    series.count += 1;
    series.seconds += seconds;
    BUCKETS.forEach((limit, index) => {
      if (seconds <= limit) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
    });
    this.#durations.set(route, series);
  }

  /** Returns the metrics in Prometheus' text format 0.0.4; `gauges` are values of the moment, by name with labels. */
  text(gauges: ReadonlyMap<string, number>): string {
    const requests = [...this.#requests].map(([labels, count]) => `http_requests_total{${labels}} ${String(count)}`);
    const named = [...gauges].map(([name, value]) => `${name} ${String(value)}`);
    const durations = [...this.#durations.values()].flatMap(histogramLines);
    const types = ["# TYPE http_requests_total counter", ...requests, "# TYPE http_request_duration_seconds histogram", ...durations];
    return `${[...types, ...named].join("\n")}\n`;
  }
}

function histogramLines({ labels, count, seconds, buckets }: Series): readonly string[] {
  const name = "http_request_duration_seconds";
  const upTo = BUCKETS.map((limit, index) => `${name}_bucket{${labels},le="${String(limit)}"} ${String(buckets[index] ?? 0)}`);
  const infinite = `${name}_bucket{${labels},le="+Inf"} ${String(count)}`;
  return [...upTo, infinite, `${name}_sum{${labels}} ${String(seconds)}`, `${name}_count{${labels}} ${String(count)}`];
}
