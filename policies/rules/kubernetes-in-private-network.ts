import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

/** Nodes in the region's shared network are reached by every other machine of the account. */
export const kubernetesInPrivateNetwork: Rule = {
  id: "kubernetes-in-private-network",
  description: "Every Kubernetes cluster is in a declared private network.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["NET-18"],
  remedy: "set vpcUuid to the id of a VPC of its own",
  appliesTo: [cloudType("KubernetesCluster")],
  judge(unit, report) {
    if (!unit.has("vpcUuid")) report({ at: "vpcUuid", found: "the region's shared network", allowed: "its own VPC" });
    else if (unit.at("vpcUuid").text() === "") report({ at: "vpcUuid", found: "an empty text", allowed: "the id of a VPC" });
  },
};
