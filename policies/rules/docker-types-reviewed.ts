import type { Rule } from "../engine/rule";
import { DOCKER_TYPES } from "../readers/dockerTypes";

// Each type has one of these, unless its arguments are hidden.
const TOLD = ["name", "create", "remotePath", "sourceImage", "imageName"];

/** A type that no rule knows of may run anything, anywhere. */
export const dockerTypesReviewed: Rule = {
  id: "docker-types-reviewed",
  description: "Every resource of Docker's and the command provider is of a type that was reviewed, and of none that was found unfit.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["DKD-10", "DKD-07"],
  remedy: "declare a container, network or volume, or a service in the stack's configuration",
  appliesTo: ["docker*", "command:*"],
  judge(unit, report, { type }) {
    const told = TOLD.find((key) => unit.has(key)) ?? "name";
    unit.at(told).text();
    if (type === undefined) return;
    const decision = DOCKER_TYPES.get(type);
    if (decision === undefined) report({ at: "type", found: "a type that nobody has reviewed", allowed: "a reviewed one" });
    else if (typeof decision !== "string" && "refused" in decision)
      report({ at: "type", found: `one that ${decision.refused}`, allowed: "another type" });
  },
};
