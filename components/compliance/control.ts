/** What one row of the controls catalogue says. */
import type { ClauseId, GdprReference, HipaaReference } from "./law";

/** A list that is never empty. */
export type AtLeastOne<Member> = readonly [Member, ...Member[]];

interface ControlFacts {
  /** The fact asked for, as a sentence without its full stop. */
  readonly title: string;
  /** Why the law asks for it, by clause, where its heading does not say so. */
  readonly why?: { readonly [Id in ClauseId]?: string };
  /** Clauses that do not ask for the fact itself, and how it helps with them. */
  readonly supporting?: { readonly [Id in ClauseId]?: string };
  /** Recommendations of the CIS Debian Linux 13 Benchmark, version 1.0.0. */
  readonly cis?: readonly string[];
  /** Recommendations of the CIS Docker Benchmark, version 1.6. */
  readonly cisDocker?: readonly string[];
  /** Sections of the hand-run procedures that the control takes over: the security runbook and the operations guide. */
  readonly source?: readonly string[];
}

/** A control supports one clause of the law at least, so that whatever names it does too. */
export type Control = ControlFacts &
  (
    | { readonly hipaa: AtLeastOne<HipaaReference>; readonly gdpr?: AtLeastOne<GdprReference> }
    | { readonly hipaa?: undefined; readonly gdpr: AtLeastOne<GdprReference> }
  );
