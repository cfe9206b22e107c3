import { MONITORING_PORTS } from "../../components/plan/places";
import type { Rule } from "../engine/rule";
import { demandUnit, exactly, type UnitDemand } from "../readers/systemd";

const ADDRESS = `--web.listen-address=127.0.0.1:${String(MONITORING_PORTS.nodeExporter)}`;

const DEMANDS: readonly UnitDemand[] = [
  {
    section: "Service",
    key: "ExecStart",
    // The first one is empty: it takes away the package's own, which listens for everybody.
    holds: (value) =>
      value === "" ||
      [...value.matchAll(/--web\.\S+/g)]
        .map(([option]) => option)
        .filter(isListening)
        .join(" ") === ADDRESS,
    allowed: `/usr/bin/prometheus-node-exporter ${ADDRESS} …, after an empty one`,
  },
  exactly("Service", "IPAddressDeny", "any"),
  exactly("Service", "IPAddressAllow", "localhost"),
];

function isListening(option: string): boolean {
  return /^--web\.(?:listen-address|systemd-socket|config)/.test(option);
}

/** What is measured of a host says which programs it runs, how busy it is, and when nobody looks. */
export const metricsOnLoopbackAlone: Rule = {
  id: "metrics-on-loopback-alone",
  description: "What measures a host answers on its loopback address alone, and the kernel drops all else of it.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["MON-08"],
  remedy: "let the concern metrics write the exporter's unit",
  appliesTo: ["phiward:host:Metrics"],
  judge(unit, report) {
    demandUnit(unit, "prometheus-node-exporter.service.d/phiward.conf", DEMANDS, report);
  },
};
