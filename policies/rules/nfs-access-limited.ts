import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { shown } from "../readers/value";

/** Without squashing, root of any machine that mounts a share is root of its files. */
export const nfsAccessLimited: Rule = {
  id: "nfs-access-limited",
  description: "Access to shared file systems treats root of a machine as nobody.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CLD-12"],
  remedy: "set squashConfig to ROOT_SQUASH or ALL_SQUASH, and anonuid and anongid to accounts other than root",
  appliesTo: [cloudType("NfsAccessPoint")],
  judge(unit, report) {
    const policy = unit.at("accessPolicy");
    policy.keys();
    const squash = policy.has("squashConfig") ? policy.at("squashConfig").text() : "ROOT_SQUASH";
    if (squash !== undefined && squash !== "ROOT_SQUASH" && squash !== "ALL_SQUASH")
      report({ at: policy.at("squashConfig").path, found: shown(squash, ["NO_SQUASH"]), allowed: "ROOT_SQUASH or ALL_SQUASH" });
    for (const key of ["anonuid", "anongid"])
      if (policy.has(key) && policy.at(key).number() === 0)
        report({ at: policy.at(key).path, found: "root's", allowed: "another account's" });
  },
};
