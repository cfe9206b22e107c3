import type { StackRule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

const JURISDICTIONS: ReadonlyMap<string, string> = new Map([
  ["ams", "the European Union"],
  ["fra", "the European Union"],
  ["lon", "the United Kingdom"],
  ["atl", "the United States"],
  ["nyc", "the United States"],
  ["ric", "the United States"],
  ["sfo", "the United States"],
  ["tor", "Canada"],
  ["blr", "India"],
  ["sgp", "Singapore"],
  ["syd", "Australia"],
]);

// What the provider takes where a program says nothing.
const DEFAULTS: ReadonlyMap<string, string> = new Map([[cloudType("SpacesBucket"), "nyc3"]]);

const TYPES = [
  cloudType("ContainerRegistry"),
  cloudType("DatabaseCluster"),
  cloudType("DatabaseReplica"),
  cloudType("Droplet"),
  cloudType("KubernetesCluster"),
  cloudType("Nfs"),
  cloudType("NfsSnapshot"),
  cloudType("SpacesBucket"),
  cloudType("Volume"),
];

/** Where data lies decides whose law it is under; a default region is a decision that nobody made. */
export const cloudDataInOneJurisdiction: StackRule = {
  id: "cloud-data-in-one-jurisdiction",
  description: "Resources that hold data are in regions of one jurisdiction.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["GOV-02"],
  remedy: "set the region to one of the jurisdiction that the other resources are in",
  appliesTo: TYPES,
  judge(stack, report) {
    const placed = TYPES.flatMap((type) => stack.of(type)).flatMap(({ type, args }) => {
      // A replica is where its cluster is unless it says otherwise.
      if (!args.has("region") && !DEFAULTS.has(type)) return [];
      const region = args.has("region") ? args.at("region").text() : DEFAULTS.get(type);
      return region === undefined ? [] : [{ at: args.path, where: JURISDICTIONS.get(region.slice(0, 3).toLowerCase()) }];
    });
    const [[main] = []] = [...Map.groupBy(placed, ({ where }) => where)].sort(([, one], [, other]) => other.length - one.length);
    for (const { at, where } of placed)
      if (where === undefined) report({ at, found: "a region that is not known", allowed: "a region of DigitalOcean, such as fra1" });
      else if (main !== undefined && where !== main)
        report({ at, found: `a region of ${where}`, allowed: `${main}, as most resources of the stack are` });
  },
};
