import type { Rule } from "../engine/rule";

/** What holds data, or what names of others point to. */
const STATEFUL = [
  "digitalocean:index/databaseCluster:DatabaseCluster",
  "digitalocean:index/domain:Domain",
  "digitalocean:index/droplet:Droplet",
  "digitalocean:index/dropletSnapshot:DropletSnapshot",
  "digitalocean:index/kubernetesCluster:KubernetesCluster",
  "digitalocean:index/nfs:Nfs",
  "digitalocean:index/nfsSnapshot:NfsSnapshot",
  "digitalocean:index/reservedIp:ReservedIp",
  "digitalocean:index/spacesBucket:SpacesBucket",
  "digitalocean:index/volume:Volume",
  "digitalocean:index/volumeSnapshot:VolumeSnapshot",
];

/** No mistake in a program deletes patients' data: whoever means it takes the protection away first. */
export const statefulResourcesProtected: Rule = {
  id: "stateful-resources-protected",
  description: "Pulumi deletes or replaces nothing that holds data before its protection is taken away.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["BKP-11"],
  remedy: "set the option protect: true of the resource",
  appliesTo: STATEFUL,
  judge(unit, report, { protect }) {
    // It has a place or a name: without either, its arguments are hidden.
    unit.at(unit.has("region") ? "region" : "name").text();
    if (protect === false) report({ at: "options.protect", found: "off", allowed: "on" });
  },
};
