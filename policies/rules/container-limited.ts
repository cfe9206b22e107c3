import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { containersOf, hasLimits, isComponent, limitsProcesses, PROCESS_THRESHOLDS, WITH_CONTAINERS } from "../readers/containers";

/** No service can starve the others, or the host. */
export const containerLimited: Rule = {
  id: "container-limited",
  description: "Every container has a limit of memory, no swap beyond it, and a control group that limits its processes.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CTR-09"],
  remedy:
    "set memoryMegabytes and processes of the service, or `docker.limits: unavailable` where the kernel has none; give a container beside them the limit nproc among its ulimits",
  childrenOnHosts: true,
  appliesTo: WITH_CONTAINERS,
  thresholds: PROCESS_THRESHOLDS,
  judge(unit, report, { configured }) {
    const most = thresholdOf(PROCESS_THRESHOLDS, "processes", configured);
    for (const container of containersOf(unit)) {
      // A component leaves out all limits where the stack says that the kernel has none; what is not in force is then reported by
      // `container-limits-enforced`.
      if (isComponent(unit) && !hasLimits(container)) continue;
      const memory = container.at("memory").number();
      const swap = container.at("memorySwap").number();
      if (memory !== undefined && memory <= 0)
        report({ at: container.at("memory").path, found: "no limit", allowed: "megabytes, from 1 on" });
      if (memory !== undefined && swap !== undefined && swap !== memory)
        report({
          at: container.at("memorySwap").path,
          found: "swap beyond the memory limit",
          allowed: "equal to `memory`: the limit of memory and swap together",
        });
      if (!isComponent(unit) && !container.has("cgroupParent") && limitsProcesses(container, most)) continue;
      const slice = container.at("cgroupParent");
      const parent = slice.text();
      if (parent !== undefined && !/^phiward-[a-z0-9_]+\.slice$/.test(parent))
        report({ at: slice.path, found: "another control group", allowed: "phiward-SERVICE.slice, which limits processes" });
    }
  },
};
