import type { Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { cloudType } from "../readers/cloud";
import { optionalFlag } from "../readers/containers";

const THRESHOLDS = {
  expirySeconds: { description: "the most seconds that credentials are valid for", default: 7_776_000, minimum: 3600, maximum: 7_776_000 },
};
// Seconds: the provider's own default of 50 years.
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
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const most = thresholdOf(THRESHOLDS, "expirySeconds", configured);
    unit.at("registryName").text();
    if (optionalFlag(unit, "write") === true) report({ at: "write", found: "on", allowed: "off" });
    const seconds = unit.has("expirySeconds") ? unit.at("expirySeconds").number() : FOREVER;
    if (seconds !== undefined && (seconds > most || seconds <= 0))
      report({ at: "expirySeconds", found: `${String(seconds)} seconds`, allowed: `1 to ${String(most)}` });
  },
};
