/** What a clause of a law is, and who answers for it. */

/**
 * How binding a clause is. HIPAA marks its implementation specifications `required` or `addressable`: to be implemented where that is
 * reasonable and appropriate, and otherwise replaced by an equivalent with a written reason (45 CFR 164.306(d)(3)). A `standard` and an
 * `article` bind as they stand.
 */
export type Kind = "standard" | "required" | "addressable" | "article";

/** Who answers for a clause, and with what. */
export type Treatment =
  /** Rules and host checks support it, which is derived from their controls; `remains` is what the operator has to do besides. */
  | { readonly by: "controls"; readonly remains?: string }
  /** No setting of a host can: the operator does it and attests it. */
  | { readonly by: "operator"; readonly task: string }
  /** The provider of the machines does it, under its contract. */
  | { readonly by: "provider"; readonly because: string }
  /** It does not apply to what phiward sets up, or asks nothing of its operator. */
  | { readonly by: "nobody"; readonly because: string };

/** A clause of a law. */
export interface Clause {
  /** Its heading in the law, or what it is about where it has none. */
  readonly heading: string;
  readonly kind: Kind;
  readonly treatment: Treatment;
}

/** Makes a clause of one kind. */
type Make = (heading: string, treatment: Treatment) => Clause;

const of =
  (kind: Kind): Make =>
  (heading, treatment) => ({ heading, kind, treatment });

/** A standard of HIPAA. */
export const standard = of("standard");
/** An implementation specification of HIPAA that is required. */
export const required = of("required");
/** An implementation specification of HIPAA that is addressable. */
export const addressable = of("addressable");
/** A paragraph or a point of an article of the GDPR. */
export const article = of("article");

/** Rules and host checks support it; `remains` is what the operator has to do besides. */
export function controls(remains?: string): Treatment {
  return remains === undefined ? { by: "controls" } : { by: "controls", remains };
}

/** The operator does it, and attests it. */
export function operator(task: string): Treatment {
  return { by: "operator", task };
}

/** The provider does it. */
export function provider(because: string): Treatment {
  return { by: "provider", because };
}

/** It does not apply. */
export function nobody(because: string): Treatment {
  return { by: "nobody", because };
}
