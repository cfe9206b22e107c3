import type { StackRule } from "../engine/rule";
import { CLOUD_TYPES } from "../readers/cloudTypes";

/** A new kind of service may hold or show data in ways that no rule here knows of. */
export const cloudTypesReviewed: StackRule = {
  id: "cloud-types-reviewed",
  description: "Every resource at DigitalOcean is of a type that has been reviewed, and of none that was found unfit for patients' data.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-11", "GOV-01"],
  remedy: "use a type that is judged, or review this one and add the decision to policies/readers/cloudTypes.ts",
  appliesTo: ["digitalocean:*"],
  judge(stack, report) {
    // The arguments of all resources are not even copied.
    for (const resource of stack.all) {
      const { type } = resource;
      if (!type.startsWith("digitalocean:")) continue;
      const decision = CLOUD_TYPES.get(type);
      if (decision === undefined) report({ at: resource.args.path, found: "a type that nobody has reviewed", allowed: "a reviewed one" });
      else if (decision !== "judged" && "refused" in decision)
        report({
          at: resource.args.path,
          found: `a type that ${decision.refused}`,
          allowed: "a type that keeps data where it is declared",
        });
    }
  },
};
