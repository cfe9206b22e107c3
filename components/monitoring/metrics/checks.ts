import { MONITORING_PORTS } from "../../plan/places";
import { programCommand } from "../../plan/programs";
import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import { EXPORTER, EXPORTER_ADDRESS } from "./exporter";
import type { MetricsSettings } from "./settings";

/** What brings the metrics of a host to the vault. */
export const SENDER = "phiward-metrics.service";
/** Where the vault takes them. */
export const SOCKET = "phiward-metrics-taken.socket";

/** Above the directory in which programs of root publish what they know (`METRICS_DIRECTORY`). */
export const PUBLISHED = "/var/lib/prometheus";

const MEASURED = { control: "MON-02" } as const;

export function metricsChecks({ vault }: MetricsSettings): readonly Check[] {
  return [
    isActive(EXPORTER, { ...MEASURED, id: "metrics-exporter-runs" }),
    isEnabled(EXPORTER, { ...MEASURED, id: "metrics-exporter-starts-with-the-host" }),
    {
      ...MEASURED,
      id: "metrics-exporter-answers",
      argv: ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--max-time", "10", `http://${EXPORTER_ADDRESS}/metrics`],
      expect: { kind: "matches", pattern: "^node_memory_MemTotal_bytes " },
    },
    {
      // Listed whole: whoever else listens there, on whichever address, is in the answer.
      control: "MON-08",
      id: "metrics-on-loopback-alone",
      argv: ["ss", "--listening", "--tcp", "--no-header", "--numeric", `sport = :${String(MONITORING_PORTS.nodeExporter)}`],
      expect: { kind: "lacks", pattern: `^(?!\\S+\\s+\\d+\\s+\\d+\\s+127\\.0\\.0\\.1:).` },
    },
    isActive(SENDER, { ...MEASURED, id: "metrics-sender-runs" }),
    isEnabled(SENDER, { ...MEASURED, id: "metrics-sender-starts-with-the-host" }),
    ...(vault === null ? RECEIVED : [KEPT]),
    {
      // The vault's own word of the last ones.
      ...MEASURED,
      id: "metrics-arrive",
      argv: programCommand("metrics", "arrives"),
      expect: { kind: "equals", text: "arrive" },
      // What watches at the vault may be away while a host is deployed.
      onlyWarns: true,
      outOfReach: true,
    },
  ];
}

const KEPT: Check = {
  ...MEASURED,
  id: "metrics-published-by-root",
  argv: ["stat", "--format=%U:%G %a", PUBLISHED],
  expect: { kind: "equals", text: "root:root 755" },
};

const RECEIVED: readonly Check[] = [
  isActive(SOCKET, { ...MEASURED, id: "metrics-taken" }),
  isEnabled(SOCKET, { ...MEASURED, id: "metrics-taken-after-a-restart" }),
];
