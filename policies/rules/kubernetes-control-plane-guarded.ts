import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { isWorldTogether } from "../readers/network";

/** Who reaches the control plane needs one credential for everything in the cluster. */
export const kubernetesControlPlaneGuarded: Rule = {
  id: "kubernetes-control-plane-guarded",
  description: "The control plane of every Kubernetes cluster accepts named networks only.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-10"],
  remedy: "set controlPlaneFirewall.enabled to true, with administrators' networks under allowedAddresses",
  appliesTo: [cloudType("KubernetesCluster")],
  judge(unit, report) {
    const firewall = unit.at("controlPlaneFirewall");
    if (!unit.has("controlPlaneFirewall")) {
      report({ at: firewall.path, found: "nothing", allowed: "enabled, with administrators' networks" });
      return;
    }
    if (firewall.at("enabled").flag() === false) report({ at: firewall.path, found: "off", allowed: "on" });
    const allowed = firewall.at("allowedAddresses");
    const networks = allowed.items()?.map((network) => network.text());
    if (networks?.length === 0) report({ at: allowed.path, found: "no network", allowed: "administrators' networks" });
    if (isWorldTogether((networks ?? []).flatMap((network) => network ?? [])))
      report({ at: allowed.path, found: "networks that are as good as the whole Internet", allowed: "single networks" });
  },
};
