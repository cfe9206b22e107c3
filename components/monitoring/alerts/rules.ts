/** The alerts as rules of Prometheus. */

import { ALL_SEVERITIES, SEVERITIES, type Severity } from "../../config/severity";
import type { Alert } from "./alert";
import { expressionOf, type Hosts } from "./condition";
import { HEARTBEAT } from "./matrix";

/** The alert that nobody acknowledged another one; its label `alert` is that one's name, so that one silence covers both. */
export const UNACKNOWLEDGED = "UNACKNOWLEDGED";
/** Label by which an alert goes to the second contact. */
export const ESCALATED = { stage: "escalation" } as const;

/** A rule of Prometheus that raises an alert. */
interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Rules that are evaluated one after the other. */
interface RuleGroup {
  readonly name: string;
  readonly rules: readonly AlertingRule[];
}

/** Names of all alerts that the rules raise. */
export function ruleNames(matrix: readonly Alert[]): readonly string[] {
  return [...matrix.map(({ id }) => id), UNACKNOWLEDGED, HEARTBEAT];
}

/** The rules of all alerts on these hosts, of what nobody acknowledged in time, and of the heartbeat. */
export function ruleGroups(matrix: readonly Alert[], hosts: Hosts): readonly RuleGroup[] {
  return [
    { name: "alerts", rules: matrix.map((alert) => ruleOf(alert, hosts)) },
    { name: "escalation", rules: ALL_SEVERITIES.map(unacknowledged) },
    { name: "heartbeat", rules: [heartbeat()] },
  ];
}

function ruleOf({ id, condition, holdsMinutes, lingersMinutes, about, severity, runbook, summary }: Alert, hosts: Hosts): AlertingRule {
  const what = about === undefined ? "" : `{{ $labels.${about} }}`;
  const words = summary.replaceAll("{host}", "{{ $labels.instance }}").replaceAll("{what}", what);
  return {
    alert: id,
    expr: expressionOf(condition, hosts),
    for: `${String(holdsMinutes)}m`,
    ...(lingersMinutes === undefined ? {} : { keep_firing_for: `${String(lingersMinutes)}m` }),
    labels: { alert: id, severity },
    annotations: { summary: words, runbook: `docs/operations.md#${runbook}` },
  };
}

// Whoever acknowledges an alert silences it by its name. Alertmanager then keeps back this one too, although it stays raised.
function unacknowledged(severity: Severity): AlertingRule {
  const minutes = SEVERITIES[severity].responseMinutes;
  return {
    alert: UNACKNOWLEDGED,
    expr: `ALERTS{alertname!="${UNACKNOWLEDGED}",alertstate="firing",severity="${severity}"}`,
    for: `${String(minutes)}m`,
    labels: { ...ESCALATED, severity },
    annotations: {
      summary: `{{ $labels.alert }} of {{ $labels.instance }} was acknowledged by nobody in ${String(minutes)} minutes`,
      runbook: "docs/operations.md#alerts",
    },
  };
}

function heartbeat(): AlertingRule {
  return {
    alert: HEARTBEAT,
    expr: "vector(1)",
    for: "0m",
    labels: { alert: HEARTBEAT },
    annotations: { summary: "The vault watches; when this message stops, it does not" },
  };
}
