/** The clauses of the law as an evidence report lists them: the controls that support each, and who answers for what they do not do. */
import { CONTROL_IDS, type ControlId, citationsOf } from "../../../components/compliance/controls";
import { CLAUSES, type ClauseId, citationText, type LawClause } from "../../../components/compliance/law";
import { type Attestation, attestedOn } from "../attestations";

/** A control that supports a clause. */
export interface Support {
  readonly control: ControlId;
  /** Whether the clause asks for the fact itself; else the fact only helps with it. */
  readonly direct: boolean;
  readonly why?: string;
}

/** One clause. */
export interface Clause extends Pick<LawClause, "heading" | "kind" | "treatment"> {
  /** As people write it, e.g. `164.312(d)`, `GDPR 5(1)(e)`. */
  readonly place: ClauseId;
  readonly supportedBy: readonly Support[];
  /** What the operator attests of it today. */
  readonly attested?: Attestation;
  /** The last day of the newest attestation, where that is over. */
  readonly attestedUntil?: string;
}

/** All clauses, HIPAA's first, with what holds on a day (YYYY-MM-DD, UTC) of the operator's attestations. */
export function clauses(today: string, attestations: readonly Attestation[]): readonly Clause[] {
  const holding = attestedOn(today, attestations);
  return CLAUSES.map(({ id, heading, kind, treatment }) => {
    const attested = holding.get(id);
    const over = attestations.filter(({ clause, until }) => clause === id && until < today).map(({ until }) => until);
    const last = over.toSorted().at(-1);
    return {
      place: id,
      heading,
      kind,
      treatment,
      supportedBy: CONTROL_IDS.flatMap((control) => supportOf(control, id)),
      ...(attested === undefined ? {} : { attested }),
      ...(attested !== undefined || last === undefined ? {} : { attestedUntil: last }),
    };
  });
}

function supportOf(control: ControlId, id: ClauseId): readonly Support[] {
  return citationsOf(control)
    .filter((citation) => citationText(citation) === id)
    .map(({ strength, why }) => ({ control, direct: strength === undefined, ...(why === undefined ? {} : { why }) }));
}

/** Who answers for what the controls of a clause do not do, in sentences; none where nothing is left. */
export function answers({ treatment, attested, attestedUntil }: Clause): readonly string[] {
  switch (treatment.by) {
    case "controls":
      return treatment.remains === undefined ? [] : left(treatment.remains);
    case "operator":
      return left(treatment.task);
    case "provider":
      return [`The provider answers for it, under its contract: ${treatment.because}`];
    case "nobody":
      return [`Asks nothing of this stack: ${treatment.because}`];
  }

  function left(task: string): readonly string[] {
    return [`Left to the operator: ${task}`, attestation(attested, attestedUntil)];
  }
}

function attestation(attested: Attestation | undefined, until: string | undefined): string {
  if (attested === undefined)
    return until === undefined ? "Not attested." : `Not attested any more: the last attestation ended on ${until}.`;
  const { on, by, statement, evidence } = attested;
  const kept = evidence === undefined ? "" : ` Kept at: ${evidence}`;
  return `Attested on ${on} by ${by}, until ${attested.until}: ${statement}${kept}`;
}
