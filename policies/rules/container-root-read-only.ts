import type { Rule } from "../engine/rule";
import { containersOf, optionalFlag, WITH_CONTAINERS } from "../readers/containers";

/** Nobody leaves a program of his own behind in a container. */
export const containerRootReadOnly: Rule = {
  id: "container-root-read-only",
  description: "Every container's root filesystem is read-only.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CTR-07"],
  remedy: "set readOnly, and give what must be written a volume or tmpfs",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit))
      if (optionalFlag(container, "readOnly") === false)
        report({ at: container.at("readOnly").path, found: "false or nothing", allowed: "true" });
  },
};
