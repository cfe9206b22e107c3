import type { Finding, Rule } from "../engine/rule";
import { containersOf, isComponent, optionalItems, optionalText, WITH_CONTAINERS } from "../readers/containers";
import type { Value } from "../readers/value";

// Whose view of the system it has, by the names of Docker's provider; none of them need be set.
const MODES: ReadonlyMap<string, readonly string[]> = new Map([
  ["pidMode", [""]],
  ["ipcMode", ["", "private", "none"]],
  ["usernsMode", [""]],
  ["cgroupnsMode", ["", "private"]],
]);
const SHARED = ["host", "bridge", "default"];

/** A container sees its own network, processes and memory, and those of nobody else. */
export const containerNamespacesPrivate: Rule = {
  id: "container-namespaces-private",
  description: "No container shares the host's or another container's network, processes or memory.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CTR-12"],
  remedy: "leave the modes out and name the container's own networks in networksAdvanced",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit)) {
      for (const [key, allowed] of MODES) {
        const found = optionalText(container, key);
        if (found !== undefined && !allowed.includes(found))
          report({
            at: container.at(key).path,
            found: found === "host" ? "the host's" : "one that is shared, or not recognised",
            allowed: allowed.map((mode) => (mode === "" ? "nothing" : mode)).join(" or "),
          });
      }
      judgeNetworks(container, isComponent(unit), report);
    }
  },
};

function judgeNetworks(container: Value, isOurs: boolean, report: (finding: Finding) => void): void {
  const joined = optionalItems(container, "networksAdvanced");
  const names = joined?.map((network) => ({ at: network.at("name").path, name: network.at("name").text() }));
  for (const { at, name } of names ?? [])
    if (name !== undefined && SHARED.includes(name))
      report({
        at,
        found: "one of Docker's default networks, which every container may join",
        allowed: "networks that the program declares",
      });
  const mode = optionalText(container, "networkMode");
  if (mode === undefined || names === undefined || names.some(({ name }) => name === undefined)) return;
  if (mode === "none") return;
  // What the provider fills in. It takes a container that names networks of its own out of the default one before it starts it.
  if (mode === "bridge" && !isOurs && names.length > 0) return;
  // The mode may name the first of the container's networks, as Docker itself reports it.
  if (mode !== "" && !(mode === "bridge" && !isOurs) && (SHARED.includes(mode) || !names.some(({ name }) => name === mode)))
    report({
      at: container.at("networkMode").path,
      found: "a network that is shared, or not recognised",
      allowed: "nothing, none, or one of networksAdvanced",
    });
  else if (names.length === 0)
    report({
      at: container.at("networksAdvanced").path,
      found: "none, so that it is in the default network with all others",
      allowed: "a list of networks",
    });
}
