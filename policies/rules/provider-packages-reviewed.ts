import type { StackRule } from "../engine/rule";
import { providerDecision, typeDecision } from "../readers/providerPackages";

const PROVIDER = "pulumi:providers:";

/**
 * A provider that no rule knows may put patients' data anywhere. The program's own components have no provider, and what they make is
 * judged by itself; components that a plugin makes have one.
 */
export const providerPackagesReviewed: StackRule = {
  id: "provider-packages-reviewed",
  description: "Every provider of the program was reviewed, and no resource of it is of a type that was found unfit.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-11", "GOV-01"],
  remedy:
    "use a provider that is reviewed; for another one, review what it holds and who is under contract, and add it to policies/readers/providerPackages.ts or accept the finding with a waiver",
  appliesTo: ["*"],
  judge(stack, report) {
    // The arguments of all resources are not even copied.
    for (const resource of stack.all) {
      const { type } = resource;
      const isProvider = type.startsWith(PROVIDER);
      const decision = isProvider ? providerDecision(type.slice(PROVIDER.length)) : typeDecision(type);
      const what = isProvider ? "a provider" : "a type";
      if (decision === undefined) report({ at: resource.args.path, found: `${what} that nobody has reviewed`, allowed: "a reviewed one" });
      else if (decision !== "judged" && "refused" in decision)
        report({ at: resource.args.path, found: `${what} that ${decision.refused}`, allowed: "what keeps keys out of the state" });
    }
  },
};
