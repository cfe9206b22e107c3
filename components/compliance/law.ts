/** The clauses of the law that controls support, so that a citation of a clause that is not listed does not compile. */
import { BREACH_RULE } from "./law/breachRule";
import type { Clause } from "./law/clause";
import { GDPR } from "./law/gdpr";
import { SECURITY_RULE } from "./law/securityRule";

/** Paragraphs of 45 CFR Part 164 (HIPAA): the Security Rule, and the Breach Notification Rule for what follows where it has failed. */
export const HIPAA = { ...SECURITY_RULE, ...BREACH_RULE } as const;

/** A paragraph of 45 CFR Part 164. */
export type HipaaReference = keyof typeof HIPAA;

/** A paragraph or a point of an article of the GDPR. */
export type GdprReference = keyof typeof GDPR;

/** A clause as citations write it, e.g. `164.312(d)`, `GDPR 5(1)(e)`. */
export type ClauseId = HipaaReference | `GDPR ${GdprReference}`;

/** A clause with its name, and the law that it is of. */
export interface LawClause extends Clause {
  readonly id: ClauseId;
  readonly framework: "HIPAA" | "GDPR";
  readonly reference: HipaaReference | GdprReference;
}

/** Every clause of both laws, in their order. All of them are in force; what is only proposed is in proposed.ts. */
export const CLAUSES: readonly LawClause[] = [
  // Object.keys is typed as plain strings; these are the keys of constants, and there are no others.
  ...(Object.keys(HIPAA) as HipaaReference[]).map((reference): LawClause => {
    return { id: reference, framework: "HIPAA", reference, ...HIPAA[reference] };
  }),
  // Article 44 has no paragraphs, and JavaScript puts a key that is a number before all others.
  ...(Object.keys(GDPR) as GdprReference[]).sort(byNumber).map((reference): LawClause => {
    return { id: `GDPR ${reference}`, framework: "GDPR", reference, ...GDPR[reference] };
  }),
];

function byNumber(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}

/** A clause of a law that something supports. */
export type Citation = (
  | { readonly framework: "HIPAA"; readonly reference: HipaaReference }
  | { readonly framework: "GDPR"; readonly reference: GdprReference }
) & {
  /** `supporting` where the law does not ask for the fact itself. Default: it does. */
  readonly strength?: "supporting";
  /** Why, where the clause's heading does not say it: always for what is supporting. */
  readonly why?: string;
};

/** A citation as people write it, e.g. `164.312(d)`, `GDPR 5(1)(e)`. */
export function citationText({ framework, reference }: Citation): ClauseId {
  return framework === "HIPAA" ? reference : `GDPR ${reference}`;
}

/** Whether two citations are of the same clause. */
export function samePlace(one: Citation, other: Citation): boolean {
  return one.framework === other.framework && one.reference === other.reference;
}
