import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalFlag } from "../readers/containers";

/** A known fault of the control plane or a node is closed by an upgrade, and by nothing else. */
export const kubernetesKeptUpToDate: Rule = {
  id: "kubernetes-kept-up-to-date",
  description: "Every Kubernetes cluster upgrades itself, node by node, without an interruption.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-10"],
  remedy: "set autoUpgrade and surgeUpgrade to true",
  appliesTo: [cloudType("KubernetesCluster")],
  judge(unit, report) {
    unit.at("version").text();
    if (optionalFlag(unit, "autoUpgrade") === false) report({ at: "autoUpgrade", found: "off", allowed: "on" });
    // Surge is on unless it is switched off.
    if (unit.has("surgeUpgrade") && unit.at("surgeUpgrade").flag() === false) report({ at: "surgeUpgrade", found: "off", allowed: "on" });
  },
};
