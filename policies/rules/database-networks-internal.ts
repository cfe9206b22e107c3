import type { Rule } from "../engine/rule";
import { containersOf, optionalItems } from "../readers/containers";

/** A database reaches nothing of the Internet, and is reached by nothing of it. */
export const databaseNetworksInternal: Rule = {
  id: "database-networks-internal",
  description: "A database is only in internal networks, which are not routed to the outside.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-13"],
  remedy: "attach the services that use the database to its network, and the database to no other",
  notWaivable: "what is in the database could leave the host unseen",
  appliesTo: ["phiward:docker:Databases"],
  judge(unit, report) {
    const networks = unit
      .at("networks")
      .items()
      ?.map((network) => ({ name: network.at("name").text(), internal: network.at("internal").flag() }));
    if (networks === undefined || networks.some(({ name }) => name === undefined)) return;
    for (const container of containersOf(unit))
      for (const joined of optionalItems(container, "networksAdvanced") ?? []) {
        const name = joined.at("name");
        const wanted = name.text();
        const network = networks.find((entry) => entry.name === wanted);
        if (wanted === undefined) continue;
        if (network === undefined)
          report({ at: name.path, found: "a network that is not declared here", allowed: "an internal one of `networks`" });
        else if (network.internal === false)
          report({ at: name.path, found: "a network that is not internal", allowed: "an internal one of `networks`" });
      }
  },
};
