import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalFlag } from "../readers/containers";

/** Volumes of a cluster hold what its programs know: a mistaken destroy should leave them. */
export const kubernetesStorageKept: Rule = {
  id: "kubernetes-storage-kept",
  description: "Deleting a Kubernetes cluster deletes no volume, snapshot or load balancer with it.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["BKP-11"],
  remedy: "leave destroyAllAssociatedResources out",
  appliesTo: [cloudType("KubernetesCluster")],
  judge(unit, report) {
    unit.at("version").text();
    if (optionalFlag(unit, "destroyAllAssociatedResources") === true)
      report({ at: "destroyAllAssociatedResources", found: "on", allowed: "off" });
  },
};
