import { type AbsentFiles, type AbsolutePath, type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { readUnits, serviceSteps, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Step } from "../../plan/types";
import { lookText } from "../look/lookText";
import { PAGE_SERVICE, PAGE_SERVICE_TEXT, PAGE_TIMER, PAGE_TIMER_TEXT } from "../look/units";
import { ALERTMANAGER_CONFIG, alertmanagerText } from "./alertmanagerText";
import { monitorChecks } from "./checks";
import { PROMETHEUS_CONFIG, prometheusText, RULES, rulesText } from "./prometheusText";
import type { MonitorSettings, NamedSecret } from "./settings";
import { alertmanagerUnit, dropIns, HEARTBEAT_URL, prometheusUnit, pushgatewayUnit, ROUTING_KEY, SECRETS, SERVICES } from "./units";

const NOUN = "settings of the monitoring";

/** Prometheus, Alertmanager and the Pushgateway, which only the vault itself reaches. */
export function monitorPlan(settings: MonitorSettings): ConcernPlan {
  const config = textFile(PROMETHEUS_CONFIG, prometheusText(settings));
  const rules = textFile(RULES, rulesText(settings));
  const routes = textFile(ALERTMANAGER_CONFIG, alertmanagerText(settings));
  const secrets = secretFiles(settings);
  const units = {
    prometheus: dropIn(SERVICES.prometheus, prometheusUnit(PROMETHEUS_CONFIG, settings)),
    alertmanager: dropIn(
      SERVICES.alertmanager,
      alertmanagerUnit(
        ALERTMANAGER_CONFIG,
        secrets.map(({ path }) => path.slice(SECRETS.length + 1)),
      ),
    ),
    pushgateway: dropIn(SERVICES.pushgateway, pushgatewayUnit()),
  };
  const look = textFile("/etc/phiward/monitor/look.json", lookText(settings));
  const page = [
    textFile(`/etc/systemd/system/${PAGE_TIMER}`, PAGE_TIMER_TEXT),
    textFile(`/etc/systemd/system/${PAGE_SERVICE}`, PAGE_SERVICE_TEXT),
  ];
  const read = readUnits([...Object.values(units), ...page, ...OTHERS]);
  return {
    ...EMPTY_PLAN,
    packages: ["prometheus", "prometheus-alertmanager", "prometheus-pushgateway", "promtool", "python3", "curl", "iproute2"],
    directories: [DIRECTORY, SECRETS_DIRECTORY, ...Object.values(SERVICES).map((name) => exclusive(dropIns(name), []))],
    files: [config, rules, routes, ...secrets, look, ...Object.values(units), ...page],
    absent: OTHERS,
    validators: [
      { id: "promtool", argv: ["promtool", "check", "config", PROMETHEUS_CONFIG], files: [config, rules] },
      { id: "amtool", argv: ["amtool", "check-config", ALERTMANAGER_CONFIG], files: [routes] },
    ],
    steps: [
      read,
      ...restarted("pushgateway", [read]),
      ...restarted("alertmanager", [read, routes, ...secrets]),
      ...restarted("prometheus", [read, config, rules]),
      {
        // Each is started for systemd before it answers, and Prometheus finds Alertmanager some seconds later.
        id: "monitoring-answers",
        argv: programCommand("monitor", "ready"),
        phase: "after",
        when: { kind: "change", on: [read, config, rules, routes, ...secrets] },
        undo: { kind: "none" },
      },
      ...serviceSteps(PAGE_TIMER),
      {
        // Whoever asks for it after a deploy does not wait for the timer.
        id: "make-status-page",
        argv: ["systemctl", "start", PAGE_SERVICE],
        phase: "after",
        when: { kind: "change", on: [look, ...page] },
        undo: { kind: "none" },
      },
    ],
    checks: monitorChecks(settings),
  };
}

// A file of one of these names would be read in place of the package's.
const OTHERS: readonly AbsentFiles[] = Object.values(SERVICES).map((name) => ({ noun: NOUN, glob: `/etc/systemd/system/${name}` }));
const DIRECTORY = exclusive("/etc/phiward/monitor", ["secrets"]);
const SECRETS_DIRECTORY: PlanDirectory = {
  path: SECRETS,
  owner: "root:root",
  mode: "0700",
  exclusive: { noun: "secrets", keep: [], discard: true },
};

function exclusive(path: AbsolutePath, keep: readonly string[]): PlanDirectory {
  return { path, owner: "root:root", mode: "0755", exclusive: { noun: NOUN, keep } };
}

function dropIn(service: string, text: string): PlanFile {
  return textFile(`${dropIns(service)}/phiward.conf`, text);
}

// Secrets are copied for the unit when it starts, and rules are few: a restart takes a second, and loses no alert.
function restarted(name: keyof typeof SERVICES, on: readonly (PlanFile | Step)[]): readonly Step[] {
  const service = SERVICES[name];
  return [
    ...serviceSteps(service),
    {
      id: `restart-${name}`,
      argv: ["systemctl", "restart", service],
      phase: "after",
      when: { kind: "change", on },
      undo: { kind: "again" },
    },
  ];
}

function secretFiles({ heartbeat, pagerDuty }: MonitorSettings): readonly PlanFile[] {
  const file = (name: string, parts: readonly ({ readonly text: string } | NamedSecret)[]): PlanFile => ({
    path: `${SECRETS}/${name}`,
    owner: "root:root",
    mode: "0600",
    content: { kind: "filled", filled: parts },
  });
  return [
    ...(heartbeat?.token == null ? [] : [file(HEARTBEAT_URL, [{ text: heartbeat.url }, heartbeat.token])]),
    ...(pagerDuty === null ? [] : [file(ROUTING_KEY, [pagerDuty.key])]),
  ];
}

const STOPPED = stoppedUnits([PAGE_TIMER, ...Object.values(SERVICES)], "MON-02");

/** Ends the monitoring, and removes what it proved itself by. Its metrics, alerts and silences stay where they are. */
export const MONITOR_REMOVAL: ConcernPlan = { ...STOPPED, directories: [SECRETS_DIRECTORY] };
