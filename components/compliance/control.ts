/** What one row of the controls catalogue says. */
import type { GdprReference, HipaaReference } from "./law";

/** A list that is never empty. */
export type AtLeastOne<Member> = readonly [Member, ...Member[]];

interface ControlFacts {
  /** The fact asked for, as a sentence without its full stop. */
  readonly title: string;
  /** Places of the law that do not ask for the fact itself, and that it helps with. */
  readonly supporting?: { readonly hipaa?: readonly HipaaReference[]; readonly gdpr?: readonly GdprReference[] };
  /** Recommendations of the CIS Debian Linux 13 Benchmark, version 1.0.0. */
  readonly cis?: readonly string[];
  /** Recommendations of the CIS Docker Benchmark, version 1.6. */
  readonly cisDocker?: readonly string[];
  /** Sections of the hand-run procedures that the control takes over: the security runbook and the operations guide. */
  readonly source?: readonly string[];
}

/** A control supports one place of the law at least, so that whatever names it does too. */
export type Control = ControlFacts &
  (
    | { readonly hipaa: AtLeastOne<HipaaReference>; readonly gdpr?: AtLeastOne<GdprReference> }
    | { readonly hipaa?: undefined; readonly gdpr: AtLeastOne<GdprReference> }
  );
