import { type Allowed, allowed, becomes, listed, type Refused, refused } from "./spoil";

/** What the rules about droplets must refuse. */
export const DROPLET_REFUSED: readonly Refused[] = [
  ...refused("droplet-backups-and-monitoring-on", "droplet", [
    ["it has no backups", "settings.backups", becomes(false), "settings.backups: found off, allowed: on"],
    ["nobody watches it", "settings.monitoring", becomes(false), "settings.monitoring: found off"],
    ["nobody is told", "settings.emails", becomes([]), "settings.emails: found no recipient"],
    [
      "a full disk is not told",
      "settings.thresholds",
      listed((all) => all.filter((one) => Reflect.get(Object(one), "role") !== "disk")),
      "found no alert about disk",
    ],
  ]),
  ...refused("droplet-backups-and-monitoring-on", "raw-droplet", [
    ["a droplet beside has no backups", "backups", becomes(false), "backups: found off"],
    ["a droplet beside says nothing", "monitoring", becomes(undefined), "monitoring: found nothing"],
  ]),
  ...refused("droplet-access-only-by-ssh", "droplet", [
    ["the web console lets people in", "settings.dropletAgent", becomes(true), "settings.dropletAgent: found on, allowed: off"],
    ["nothing is said of its network", "settings.vpc", becomes(undefined), "settings.vpc: found nothing"],
  ]),
  ...refused("droplet-access-only-by-ssh", "raw-droplet", [
    ["a droplet beside is in the common network", "vpcUuid", becomes(undefined), "vpcUuid: found the region's shared network"],
    ["a droplet beside says nothing of the agent", "dropletAgent", becomes(undefined), "dropletAgent: found nothing"],
  ]),
  ...refused("stateful-resources-protected", "raw-droplet", [
    ["it says neither what it is called nor where it is", "region", becomes(7), "region: found a number"],
  ]),
  ...refused("dns-names-have-caa", "droplet", [
    [
      "a name has none",
      "settings.dns.records",
      listed((records) => records.filter((record) => Reflect.get(Object(record), "type") !== "CAA")),
      "found a name without a CAA record",
    ],
    ["it is another name's", "settings.dns.records.2.name", becomes("www"), "found a name without a CAA record"],
  ]),
];

/** What they must let pass. */
export const DROPLET_ALLOWED: readonly Allowed[] = [
  ...allowed("dns-names-have-caa", "droplet", [["the names are somebody else's", "settings.dns", becomes(undefined)]]),
];
