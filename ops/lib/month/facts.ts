/** What a month's report is made of: what was measured, and of what was not, why. */
import type { AuditAct } from "../audit/acts";
import type { RecordLine } from "../duties/record";
import type { DutyState } from "../duties/states";
import type { Incident } from "../incidents/state";
import type { VerifyRecord } from "../verifyRecord";
import type { HostScans, UnaskedHost } from "../vulnerabilities";

/** A fact, or why there is none. */
export type Measured<Value> = { readonly value: Value } | { readonly missing: string };

/** A month, in UTC. */
export interface Month {
  /** As `2026-11`. */
  readonly name: string;
  readonly from: Date;
  /** Itself excluded; a month that goes on ends now. */
  readonly to: Date;
  readonly isOver: boolean;
}

/** Acts of the month, from the record. */
export interface Acts {
  readonly acts: readonly AuditAct[];
  /** Whether there were more than are answered at once: then each number is one that was reached at least. */
  readonly more: boolean;
  /** Hosts of which there is no journal. */
  readonly without: readonly string[];
}

/** What the policies say, as far as a report counts it. */
export interface Judgement {
  readonly failed: readonly string[];
  readonly waived: readonly string[];
  readonly passed: number;
}

/** Everything that a month's report shows. */
export interface MonthFacts {
  readonly stack: string;
  readonly month: Month;
  /** When it was made: ISO 8601, in UTC. */
  readonly date: string;
  readonly by: string;
  readonly acts: Measured<Acts>;
  /** At the time of the report. */
  readonly verify: Measured<VerifyRecord>;
  readonly policy: Measured<Judgement>;
  /** What the last looks of the hosts found, and which hosts could not be asked. */
  readonly scans: Measured<readonly (HostScans | UnaskedHost)[]>;
  /** All that were ever opened. */
  readonly incidents: Measured<readonly Incident[]>;
  readonly duties: Measured<{ readonly states: readonly DutyState[]; readonly lines: readonly RecordLine[] }>;
}

/** The value, or nothing where it is missing. */
export function valueOf<Value>(measured: Measured<Value>): Value | undefined {
  return "value" in measured ? measured.value : undefined;
}
