/** NIST SP 800-66 revision 2 (February 2024), HHS' own reading aid for the Security Rule: the section that explains each standard. */
import type { SECURITY_RULE } from "./securityRule";

// Sections of its chapter 5 by the beginning of the paragraphs that each of them explains, most specific first.
const SECTIONS = [
  ["164.308(a)(1)", "5.1.1"],
  ["164.308(a)(2)", "5.1.2"],
  ["164.308(a)(3)", "5.1.3"],
  ["164.308(a)(4)", "5.1.4"],
  ["164.308(a)(5)", "5.1.5"],
  ["164.308(a)(6)", "5.1.6"],
  ["164.308(a)(7)", "5.1.7"],
  ["164.308(a)(8)", "5.1.8"],
  ["164.308(b)", "5.1.9"],
  ["164.310(a)", "5.2.1"],
  ["164.310(b)", "5.2.2"],
  ["164.310(c)", "5.2.3"],
  ["164.310(d)", "5.2.4"],
  ["164.312(a)", "5.3.1"],
  ["164.312(b)", "5.3.2"],
  ["164.312(c)", "5.3.3"],
  ["164.312(d)", "5.3.4"],
  ["164.312(e)", "5.3.5"],
  ["164.314(a)", "5.4.1"],
  ["164.314(b)", "5.4.2"],
  ["164.316(a)", "5.5.1"],
  ["164.316(b)", "5.5.2"],
] as const;

/** Where the guide is published. */
export const GUIDE = "https://doi.org/10.6028/NIST.SP.800-66r2";

/** The section of the guide about a paragraph, e.g. `5.1.7`; undefined for one that it does not explain, such as of the breach rule. */
export function guideSection(reference: keyof typeof SECURITY_RULE | (string & {})): string | undefined {
  return SECTIONS.find(([beginning]) => reference.startsWith(beginning))?.[1];
}
