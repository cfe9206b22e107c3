import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalFlag } from "../readers/containers";

// Seconds: 90 days, and the provider's own default of 50 years.
const LONGEST = 7_776_000;
const FOREVER = 1_576_800_000;

/** Credentials of a registry are written down on every machine that pulls from it. */
export const registryCredentialsLimited: Rule = {
  id: "registry-credentials-limited",
  description: "Credentials of container registries only read, and expire within 90 days.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CLD-04"],
  remedy: "leave write out, and set expirySeconds to 7776000 at most",
  appliesTo: [cloudType("ContainerRegistryDockerCredentials")],
  judge(unit, report) {
    unit.at("registryName").text();
    if (optionalFlag(unit, "write") === true) report({ at: "write", found: "on", allowed: "off" });
    const seconds = unit.has("expirySeconds") ? unit.at("expirySeconds").number() : FOREVER;
    if (seconds !== undefined && (seconds > LONGEST || seconds <= 0))
      report({ at: "expirySeconds", found: `${String(seconds)} seconds`, allowed: `1 to ${String(LONGEST)}` });
  },
};
