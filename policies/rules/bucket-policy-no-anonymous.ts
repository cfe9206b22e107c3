import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import type { Value } from "../readers/value";

/** A policy opens a private bucket as well as an ACL does, and says so less plainly. */
export const bucketPolicyNoAnonymous: Rule = {
  id: "bucket-policy-no-anonymous",
  description: "No policy of a bucket allows anything to everyone.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CLD-01"],
  remedy: "name who is allowed under Principal, or remove the statement",
  notWaivable: "patients' data could be read by anyone",
  appliesTo: [cloudType("SpacesBucketPolicy")],
  judge(unit, report) {
    const policy = unit.at("policy").json();
    const statements = policy.at("Statement");
    // One statement may stand for a list of one.
    for (const statement of statements.isList() ? (statements.items() ?? []) : [statements]) {
      const effect = statement.at("Effect").text();
      if (effect === undefined || effect === "Deny") continue;
      if (statement.has("NotPrincipal"))
        report({ at: statement.path, found: "a statement for all but some", allowed: "a Principal that names who" });
      else if (isEveryone(statement.at("Principal")))
        report({ at: statement.path, found: "a statement that allows something to everyone", allowed: "a Principal that names who" });
    }
  },
};

// Everyone is `*`, or a map of a kind of account to `*`.
function isEveryone(principal: Value): boolean {
  if (principal.isMap()) return (principal.keys() ?? []).some((kind) => isEveryone(principal.at(kind)));
  if (principal.isList()) return (principal.items() ?? []).some((member) => isEveryone(member));
  return principal.text()?.includes("*") === true;
}
