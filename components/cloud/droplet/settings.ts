import { lastingName } from "../../config/names";
import type { DropletConfig, StackConfig } from "../../config/schema";
import { authorizedKeys } from "../../system/people/settings";
import { ufwSettings } from "../../system/ufw/settings";
import { type DnsSettings, dnsSettings } from "./dns";
import { type CloudFirewall, cloudFirewall } from "./firewall";

/** A volume of a droplet. */
export interface DropletVolume {
  readonly name: string;
  readonly gigabytes: number;
  /** Made with the volume, by DigitalOcean: nothing on the host ever formats one. */
  readonly filesystem: "ext4";
  readonly mount: string;
  /** DigitalOcean encrypts every volume; the key is theirs. */
  readonly encryption: "provider";
}

/** A threshold above which DigitalOcean writes. */
export interface Threshold {
  /** What is measured, e.g. `cpu`; becomes part of the resource's name. */
  readonly role: string;
  readonly type: string;
  readonly above: number;
}

/** A site as DigitalOcean asks it from outside. */
export interface UptimeSettings {
  readonly site: string;
  readonly target: string;
  readonly latencyMilliseconds: number;
  readonly certificateDays: number;
}

/** A droplet, and all that belongs to it at DigitalOcean. */
export interface DropletSettings {
  readonly name: string;
  readonly region: string;
  readonly size: string;
  readonly image: string;
  readonly tags: readonly string[];
  readonly monitoring: true;
  readonly ipv6: true;
  /** DigitalOcean's agent admits its web console by its own keys, which are none of the people's. */
  readonly dropletAgent: false;
  readonly backups: true;
  readonly backupPolicy: { readonly plan: "daily" | "weekly"; readonly hour: number; readonly weekday?: string };
  /** Public half of the SSH host key it starts with. */
  readonly firstHostKey: string;
  /** Public half of the key that it lasts with, once that is declared: from then on its backups can go to a vault. */
  readonly hostKey?: string;
  /** Lines of the deploy account's authorized keys, at the start. */
  readonly deployKeys: readonly string[];
  readonly vpc: { readonly ipRange?: string };
  readonly reservedAddress: boolean;
  readonly volume?: DropletVolume;
  readonly firewall: CloudFirewall;
  readonly dns?: DnsSettings;
  readonly emails: readonly string[];
  readonly thresholds: readonly Threshold[];
  readonly uptime: readonly UptimeSettings[];
}

/** Arguments of the component, which policies judge. */
export interface DropletArguments {
  readonly host: string;
  readonly settings: DropletSettings;
}

/** Takes a droplet's part out of the configuration. */
export function dropletSettings(config: StackConfig, droplet: DropletConfig): DropletSettings {
  const { name, region, size, image, firstHostKey, hostKey, reservedAddress, dns, alerts } = droplet;
  const volume = dropletVolume(droplet);
  const deployKeys = authorizedKeys(config.people.filter(({ sudo }) => sudo))
    .split("\n")
    .filter((line) => line !== "");
  return {
    name,
    region,
    size,
    image,
    tags: ["phiward", `role:${droplet.role}`, `data:${droplet.data}`, ...droplet.tags],
    monitoring: true,
    ipv6: true,
    dropletAgent: false,
    backups: true,
    backupPolicy: backupPolicy(droplet),
    firstHostKey,
    ...(hostKey === undefined ? {} : { hostKey }),
    deployKeys,
    vpc: droplet.vpc.ipRange === undefined ? {} : { ipRange: droplet.vpc.ipRange },
    reservedAddress,
    ...(volume === undefined ? {} : { volume }),
    firewall: cloudFirewall(ufwSettings(config, droplet.name)),
    ...(dns === undefined || droplet.role !== "application" ? {} : { dns: dnsSettings(config, dns) }),
    emails: alerts.emails,
    thresholds: thresholds(alerts),
    uptime: droplet.role === "application" ? uptime(config, alerts) : [],
  };
}

/** What policies judge of a droplet; the gate judges the same without an engine. */
export function dropletArguments(config: StackConfig, droplet: DropletConfig): DropletArguments {
  return { host: droplet.name, settings: dropletSettings(config, droplet) };
}

/** The volume of a droplet, if it has one. */
export function dropletVolume({ volume, ...host }: DropletConfig): DropletVolume | undefined {
  if (volume === undefined) return undefined;
  const { gigabytes, mount } = volume;
  return { name: volume.name ?? `${lastingName(host)}-data`, gigabytes, filesystem: "ext4", mount, encryption: "provider" };
}

function backupPolicy({ backups: { plan, hour, weekday } }: DropletConfig): DropletSettings["backupPolicy"] {
  return plan === "weekly" ? { plan, hour, weekday } : { plan, hour };
}

function thresholds(alerts: DropletConfig["alerts"]): readonly Threshold[] {
  return [
    { role: "cpu", type: "v1/insights/droplet/cpu", above: alerts.cpuPercent },
    { role: "memory", type: "v1/insights/droplet/memory_utilization_percent", above: alerts.memoryPercent },
    { role: "disk", type: "v1/insights/droplet/disk_utilization_percent", above: alerts.diskPercent },
    { role: "load", type: "v1/insights/droplet/load_5", above: alerts.load },
  ];
}

function uptime(config: StackConfig, alerts: DropletConfig["alerts"]): readonly UptimeSettings[] {
  const { uptimePath, latencyMilliseconds, certificateDays } = alerts;
  return config.sites.map(({ name }) => ({ site: name, target: `https://${name}${uptimePath}`, latencyMilliseconds, certificateDays }));
}
