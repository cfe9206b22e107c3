/** The configuration of Prometheus. JSON is YAML: no text is put together that a value could break out of. */
import { anyOf } from "../../plan/patterns";
import { MONITORING_PORTS } from "../../plan/places";
import { alertMatrix } from "../alerts/matrix";
import { ruleGroups } from "../alerts/rules";
import type { MonitorSettings } from "./settings";

const DIRECTORY = "/etc/phiward/monitor";
/** What Prometheus reads. */
export const PROMETHEUS_CONFIG = `${DIRECTORY}/prometheus.yml`;
/** The rules of alerts. */
export const RULES = `${DIRECTORY}/rules.yml`;

// Of a host: twice what its metrics are. What sends more makes the whole scrape fail, which is an alert.
const SAMPLES_OF_HOST = 10_000;
const BYTES_OF_HOST = 2_500_000;
// No label says which metrics there may be; their names do.
const KNOWN_NAMES = "(?:node|phiward|push|pushgateway|nginx|redis|pg|up)_.*";

/** How often metrics are collected, and rules asked: a host's own seconds between two pushes. */
export const SECONDS = 15;

/** Prometheus' own configuration. */
export function prometheusText({ host, watched }: MonitorSettings): string {
  const every = `${String(SECONDS)}s`;
  const hosts = watched.length + 1;
  return asYaml({
    global: { scrape_interval: every, scrape_timeout: "10s", evaluation_interval: every },
    rule_files: [RULES],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [at("alertmanager")] }] }] },
    scrape_configs: [
      {
        job_name: "pushgateway",
        // What hosts sent has their names, which the gate of the vault wrote.
        honor_labels: true,
        sample_limit: SAMPLES_OF_HOST * hosts,
        body_size_limit: `${String(BYTES_OF_HOST * hosts)}B`,
        static_configs: [{ targets: [at("pushgateway")], labels: { instance: host } }],
        metric_relabel_configs: [
          { source_labels: ["__name__"], regex: KNOWN_NAMES, action: "keep" },
          // Of a host that is declared no more, what it sent last stays with the gateway.
          { source_labels: ["instance"], regex: anyOf([...watched, host]), action: "keep" },
        ],
      },
      { job_name: "host", sample_limit: SAMPLES_OF_HOST, static_configs: [{ targets: [at("nodeExporter")], labels: { instance: host } }] },
      ...(["prometheus", "alertmanager"] as const).map((name) => ({
        job_name: name,
        static_configs: [{ targets: [at(name)], labels: { instance: host } }],
      })),
    ],
  });
}

/** The rules of every alert that can be raised. */
export function rulesText({ thresholds, watched }: MonitorSettings): string {
  return asYaml({ groups: ruleGroups(alertMatrix(thresholds), watched) });
}

/** Where a part of the monitoring answers. */
export function at(name: keyof typeof MONITORING_PORTS): string {
  return `127.0.0.1:${String(MONITORING_PORTS[name])}`;
}

/** A value as a file of YAML. */
export function asYaml(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
