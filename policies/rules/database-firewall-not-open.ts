import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { isWorldTogether } from "../readers/network";

const ADDRESSES = ["ip_addr", "ipAddr"];
const RESOURCES = ["app", "droplet", "k8s", "tag"];

/** A list of trusted sources that holds everybody, or nobody, opens the database to all. */
export const databaseFirewallNotOpen: Rule = {
  id: "database-firewall-not-open",
  description: "The firewall of a managed database names droplets, clusters, apps, tags or single networks, and never the world.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CLD-05"],
  remedy: "name the droplets or the tag that the database is for, by the types droplet or tag",
  notWaivable: "anyone could try to log in to patients' data",
  appliesTo: [cloudType("DatabaseFirewall")],
  judge(unit, report) {
    const rules = unit.at("rules");
    const sources = rules.items()?.map((rule) => ({ at: rule.path, type: rule.at("type").text(), value: rule.at("value").text() }));
    if (sources?.length === 0) report({ at: rules.path, found: "no trusted source, which opens it to all", allowed: "at least one" });
    const networks = sources?.filter(({ type }) => type !== undefined && ADDRESSES.includes(type)) ?? [];
    if (isWorldTogether(networks.flatMap(({ value }) => value ?? [])))
      report({ at: rules.path, found: "sources that are as good as the whole Internet", allowed: "single networks at most" });
    for (const { at, type } of sources ?? [])
      if (type !== undefined && ![...ADDRESSES, ...RESOURCES].includes(type))
        report({ at, found: "a source of a type that is not known", allowed: [...ADDRESSES, ...RESOURCES].join(", ") });
  },
};
