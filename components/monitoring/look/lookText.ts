/** What the program of the status page is told: which hosts, what is asked of each, and what to do about which alert. */
import { alertMatrix } from "../alerts/matrix";
import { RUNBOOK } from "../alerts/runbook";
import type { MonitorSettings } from "../monitor/settings";
import { FIGURES, UNDELIVERED } from "./figures";

/** Names and questions alone: whoever has an account on the vault may read it. */
export function lookText({ host, called, thresholds }: MonitorSettings): string {
  const commands = Object.fromEntries(alertMatrix(thresholds).map(({ id, runbook }) => [id, RUNBOOK[runbook]]));
  const figures = FIGURES.map(({ name, title, query, form, alerts }) => ({ name, title, query, form, alerts }));
  return `${JSON.stringify({ vault: host, hosts: called, figures, undelivered: UNDELIVERED, commands }, null, 2)}\n`;
}
