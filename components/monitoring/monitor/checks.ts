import { literal } from "../../plan/patterns";
import { MONITORING_PORTS } from "../../plan/places";
import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import { alertMatrix } from "../alerts/matrix";
import { ruleNames } from "../alerts/rules";
import { PAGE, PAGE_TIMER } from "../look/units";
import { at } from "./prometheusText";
import type { MonitorSettings } from "./settings";
import { SERVICES } from "./units";

/** What the monitoring has to answer: each part by itself, on this host alone, with every rule, and that alerts go out. */
export function monitorChecks({ thresholds }: MonitorSettings): readonly Check[] {
  const ask = { control: "MON-02" } as const;
  return [
    ...Object.entries(SERVICES).flatMap(([name, service]): readonly Check[] => [
      isActive(service, { ...ask, id: `${name}-runs` }),
      isEnabled(service, { ...ask, id: `${name}-starts-with-the-host` }),
    ]),
    ...(["prometheus", "pushgateway", "alertmanager"] as const).map(listens),
    {
      // A port that no unit asked for, such as that of Alertmanager's cluster.
      id: "monitoring-on-loopback-alone",
      control: "MON-08",
      argv: ["ss", "--no-header", "--oneline", "--listening", "--tcp", "--udp", "--numeric", "--processes"],
      expect: { kind: "lacks", pattern: String.raw`^(?!\S+\s+\S+\s+\d+\s+\d+\s+127\.0\.0\.1:).*\("prometheus` },
    },
    {
      id: "alert-rules-loaded",
      control: "MON-03",
      argv: curl(`http://${at("prometheus")}/api/v1/rules?type=alert`),
      expect: { kind: "matches", pattern: rulesPattern(ruleNames(alertMatrix(thresholds))) },
    },
    {
      id: "alertmanager-reached",
      control: "MON-07",
      argv: curl(`http://${at("prometheus")}/api/v1/alertmanagers`),
      expect: {
        kind: "matches",
        pattern: `"activeAlertmanagers":\\[\\{"url":"${literal(`http://${at("alertmanager")}/api/v2/alerts`)}"\\}\\]`,
      },
    },
    isActive(PAGE_TIMER, { ...ask, id: "status-page-timer-runs" }),
    isEnabled(PAGE_TIMER, { ...ask, id: "status-page-timer-starts-with-the-host" }),
    {
      // Of the last minutes; the first one comes within a minute after the timer was started.
      id: "status-page-made",
      control: "MON-02",
      argv: ["find", PAGE, "-mmin", "-4"],
      expect: { kind: "equals", text: PAGE },
      onlyWarns: true,
      outOfReach: true,
    },
    {
      // Alertmanager keeps them and goes on trying; the contacts' machines are others'.
      id: "monitoring-alerts-delivered",
      control: "MON-07",
      argv: ["promtool", "query", "instant", `http://${at("prometheus")}`, UNDELIVERED],
      expect: { kind: "lacks", pattern: "." },
      onlyWarns: true,
      outOfReach: true,
    },
  ];
}

const UNDELIVERED = "sum by (integration) (increase(alertmanager_notification_requests_failed_total[1h])) > 0";

function listens(name: Exclude<keyof typeof MONITORING_PORTS, "nodeExporter">): Check {
  return {
    id: `${name}-listens-on-loopback`,
    control: "MON-08",
    argv: ["ss", "--no-header", "--listening", "--tcp", "--numeric", `sport = :${String(MONITORING_PORTS[name])}`],
    expect: { kind: "matches", pattern: String.raw`\ALISTEN\s+\d+\s+\d+\s+${literal(at(name))}\s+\S+\s*\Z` },
  };
}

function curl(address: string): readonly string[] {
  return ["curl", "--silent", "--fail", "--max-time", "10", address];
}

// Prometheus says of each rule how its last evaluation went.
function rulesPattern(names: readonly string[]): string {
  return `^(?!.*"health":"err")${[...new Set(names)].map((name) => `(?=.*"name":"${literal(name)}")`).join("")}`;
}
