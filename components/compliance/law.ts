/** The places of the law that controls support, so that a citation of a place that is not listed does not compile. */

/** Paragraphs of 45 CFR Part 164 (HIPAA), as in force since 2013, with their headings. */
export const HIPAA = {
  "164.308(a)(1)(ii)(A)": "Risk analysis",
  "164.308(a)(1)(ii)(B)": "Risk management",
  "164.308(a)(1)(ii)(D)": "Information system activity review",
  "164.308(a)(3)(ii)(C)": "Termination procedures",
  "164.308(a)(4)(i)": "Information access management",
  "164.308(a)(5)(ii)(B)": "Protection from malicious software",
  "164.308(a)(5)(ii)(C)": "Log-in monitoring",
  "164.308(a)(5)(ii)(D)": "Password management",
  "164.308(a)(6)(ii)": "Response and reporting",
  "164.308(a)(7)(i)": "Contingency plan",
  "164.308(a)(7)(ii)(A)": "Data backup plan",
  "164.308(a)(7)(ii)(B)": "Disaster recovery plan",
  "164.308(a)(7)(ii)(C)": "Emergency mode operation plan",
  "164.308(a)(7)(ii)(D)": "Testing and revision procedures",
  "164.308(a)(8)": "Evaluation",
  "164.308(b)(1)": "Business associate contracts and other arrangements",
  "164.310(d)(1)": "Device and media controls",
  "164.310(d)(2)(i)": "Disposal",
  "164.310(d)(2)(iii)": "Accountability",
  "164.310(d)(2)(iv)": "Data backup and storage",
  "164.312(a)(1)": "Access control",
  "164.312(a)(2)(i)": "Unique user identification",
  "164.312(a)(2)(ii)": "Emergency access procedure",
  "164.312(a)(2)(iii)": "Automatic logoff",
  "164.312(a)(2)(iv)": "Encryption and decryption",
  "164.312(b)": "Audit controls",
  "164.312(c)(1)": "Integrity",
  "164.312(c)(2)": "Mechanism to authenticate electronic protected health information",
  "164.312(d)": "Person or entity authentication",
  "164.312(e)(1)": "Transmission security",
  "164.312(e)(2)(i)": "Integrity controls",
  "164.312(e)(2)(ii)": "Encryption",
  "164.314(a)(1)": "Business associate contracts or other arrangements",
  "164.316(b)(1)(ii)": "Documentation: written record of actions",
  "164.316(b)(2)(i)": "Documentation: time limit of six years",
  "164.404(b)": "Notification to individuals: timeliness",
  "164.410(b)": "Notification by a business associate: timeliness",
} as const;

/** Paragraphs and points of articles of the GDPR, Regulation (EU) 2016/679, with what they are about. */
export const GDPR = {
  "5(1)(c)": "Data minimisation",
  "5(1)(e)": "Storage limitation",
  "5(1)(f)": "Integrity and confidentiality",
  "5(2)": "Accountability",
  "17(1)": "Right to erasure",
  "32(1)(a)": "Pseudonymisation and encryption",
  "32(1)(b)": "Ongoing confidentiality, integrity, availability and resilience",
  "32(1)(c)": "Restoring availability and access in a timely manner",
  "32(1)(d)": "Regular testing of security measures",
  "33(1)": "Notification of a breach to the authority",
  "33(5)": "Documentation of breaches",
  "34(1)": "Communication of a breach to the data subject",
} as const;

/** A paragraph of 45 CFR Part 164 that controls support. */
export type HipaaReference = keyof typeof HIPAA;

/** A place in the GDPR that controls support. */
export type GdprReference = keyof typeof GDPR;

/** A place in a law that something supports. */
export type Citation = (
  | { readonly framework: "HIPAA"; readonly reference: HipaaReference }
  | { readonly framework: "GDPR"; readonly reference: GdprReference }
) & {
  /** `supporting` where the law does not ask for the fact itself. Default: it does. */
  readonly strength?: "supporting";
};

/** A citation as people write it, e.g. `164.312(d)`, `GDPR 32(1)(b)`. */
export function citationText({ framework, reference }: Citation): string {
  return framework === "HIPAA" ? reference : `${framework} ${reference}`;
}

/** Whether two citations are of the same place. */
export function samePlace(one: Citation, other: Citation): boolean {
  return one.framework === other.framework && one.reference === other.reference;
}
