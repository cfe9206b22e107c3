import type { Rule } from "../engine/rule";
import { containersOf, WITH_CONTAINERS } from "../readers/containers";

/** What a machine cannot limit is reported each time: patients' data does not belong in a sandbox. */
export const containerLimitsEnforced: Rule = {
  id: "container-limits-enforced",
  description: "The kernel can limit containers, so that their limits are enforced.",
  severity: "medium",
  enforcementLevel: "advisory",
  controls: ["CTR-09"],
  remedy: "run the stack on a machine with cgroup v2, and take `docker.limits: unavailable` out",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit)) {
      if (container.has("memory")) container.at("memory").number();
      else report({ at: container.at("memory").path, found: "nothing", allowed: "a limit" });
    }
  },
};
