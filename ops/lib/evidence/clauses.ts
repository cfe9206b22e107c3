/** The clauses of the law as an evidence report lists them, each with the controls that support it. */
import { CONTROL_IDS, type ControlId, citationsOf } from "../../../components/compliance/controls";
import { type Citation, citationText, GDPR, HIPAA, samePlace } from "../../../components/compliance/law";

/** A control that supports a clause. */
export interface Support {
  readonly control: ControlId;
  /** Whether the clause asks for the fact itself; else the fact only helps with it. */
  readonly direct: boolean;
}

/** One clause. */
export interface Clause {
  /** As people write it, e.g. `164.312(d)`, `GDPR 32(1)(b)`. */
  readonly place: string;
  readonly heading: string;
  readonly supportedBy: readonly Support[];
}

/** All clauses, HIPAA's first. */
export function clauses(): readonly Clause[] {
  // Object.entries is typed by plain strings; these are the keys of two constants.
  const hipaa = Object.entries(HIPAA) as readonly (readonly [keyof typeof HIPAA, string])[];
  const gdpr = Object.entries(GDPR) as readonly (readonly [keyof typeof GDPR, string])[];
  return [
    ...hipaa.map(([reference, heading]) => clause({ framework: "HIPAA", reference }, heading)),
    ...gdpr.map(([reference, heading]) => clause({ framework: "GDPR", reference }, heading)),
  ];
}

function clause(citation: Citation, heading: string): Clause {
  const supportedBy = CONTROL_IDS.flatMap((control): readonly Support[] =>
    citationsOf(control)
      .filter((other) => samePlace(other, citation))
      .map(({ strength }) => ({ control, direct: strength === undefined })),
  );
  return { place: citationText(citation), heading, supportedBy };
}
