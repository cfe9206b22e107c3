/** How a policy reports what its rule finds to Pulumi: as its level says, or as an advisory where it is waived. */
import type { ReportViolation } from "@pulumi/policy";
import type { Subject } from "../waivers/accept";
import type { Waiver } from "../waivers/file";
import { type Finding, type RuleFacts, sentence } from "./rule";

/** Finds for each finding of a rule about a subject the waiver that accepts it. `urn` is that of any resource of the stack. */
export type Accept = (
  rule: RuleFacts,
  subject: Subject,
  findings: readonly Finding[],
  urn: string | undefined,
) => readonly (Waiver | undefined)[];

/** Accepts nothing. */
export const ACCEPT_NOTHING: Accept = (_rule, _subject, findings) => findings.map(() => undefined);

/** Reports findings, each with the waiver that accepts it, if one does. `urn` is of the resource, where the policy judges all of them. */
export function reportEach(
  report: ReportViolation,
  rule: RuleFacts,
  findings: readonly Finding[],
  accepted: readonly (Waiver | undefined)[],
  urn?: string,
): void {
  for (const [index, finding] of findings.entries()) {
    const waiver = accepted[index];
    const said = sentence(rule, finding);
    if (waiver !== undefined) reportAdvisory(report, `${rule.description}\n${said}${waivedWords(waiver)}`, urn);
    else report(said, urn);
  }
}

// A report may have a level of its own, which the types of @pulumi/policy leave out.
function reportAdvisory(report: ReportViolation, message: string, urn: string | undefined): void {
  Reflect.apply(report, undefined, [{ message, urn, enforcementLevel: "advisory" }]);
}

function waivedWords({ expires, reason, owner, approver, ticket }: Waiver): string {
  const why = reason.trim().replaceAll(/\s+/g, " ");
  return `; waived until ${expires}: ${why} (owner ${owner}, approved by ${approver}, ${ticket})`;
}
