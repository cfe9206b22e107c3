import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalFlag } from "../readers/containers";

/** While a control plane of one machine is away, nothing that fails in the cluster is replaced. */
export const kubernetesHighlyAvailable: Rule = {
  id: "kubernetes-highly-available",
  description: "Every Kubernetes cluster has a control plane of several machines.",
  severity: "low",
  enforcementLevel: "advisory",
  controls: ["CLD-13"],
  remedy: "set ha to true",
  appliesTo: [cloudType("KubernetesCluster")],
  judge(unit, report) {
    unit.at("version").text();
    if (optionalFlag(unit, "ha") === false) report({ at: "ha", found: "off", allowed: "on" });
  },
};
