/** What an alert is. */
import type { ControlId } from "../../compliance/controls";
import type { Severity } from "../../config/severity";
import type { Condition } from "./condition";
import type { RunbookSection } from "./runbook";

/** What tells of it: the metrics of hosts, our own checks and jobs there, the monitoring itself, or the record at the vault. */
export type Source = "metrics" | "checks" | "monitoring" | "events";

/** One alert. */
export interface Alert {
  /** Its name in every message, silence and report: it never changes. */
  readonly id: string;
  /** What happened, for whoever reads the message, as a sentence without its end; `{host}` is the host, `{what}` what a label says. */
  readonly summary: string;
  readonly source: Source;
  readonly condition: Condition;
  /** Minutes for which the condition has to hold: what passes by itself wakes nobody. 0: at once. */
  readonly holdsMinutes: number;
  /** Minutes for which it stays raised once its condition has ended: those that follow from it need them to end as well. None of it: 0. */
  readonly lingersMinutes?: number;
  /** The label that says what on the host is meant: `{what}`. */
  readonly about?: string;
  readonly severity: Severity;
  /** The section of docs/operations.md that says what to do. */
  readonly runbook: RunbookSection;
  readonly control: ControlId;
  /** Where the guides ask for it: `ops-guide` or `runbook`, with a word for the section; none where they do not. */
  readonly guides: readonly string[];
}
