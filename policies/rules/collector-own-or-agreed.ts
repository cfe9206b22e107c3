import type { Rule } from "../engine/rule";

/** Records have names of people, addresses and commands: whose machine has them is a question of contracts. */
export const collectorOwnOrAgreed: Rule = {
  id: "collector-own-or-agreed",
  description: "A copy of the record that leaves the covered entity's machines goes to whoever has signed an agreement.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["GOV-01"],
  remedy:
    "keep the agreement with the collector's operator beside the others (164.308(b)(1)), and waive this rule with its date; or use an own collector",
  appliesTo: ["phiward:host:Collector"],
  judge(unit, report) {
    const operator = unit.at("settings").at("operator");
    const found = operator.text();
    if (found === "businessAssociate")
      report({ at: operator.path, found: "a collector of another operator", allowed: "an own one, or an agreement on record" });
    else if (found !== undefined && found !== "own")
      report({ at: operator.path, found: "another value", allowed: "own or businessAssociate" });
  },
};
