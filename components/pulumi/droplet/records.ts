/** The DNS records of a droplet's sites as resources. */
import * as digitalocean from "@pulumi/digitalocean";
import type * as pulumi from "@pulumi/pulumi";
import { type DnsRecord, type DnsSettings, NO_ISSUER } from "../../cloud/droplet/dns";

/** Where the records point to. */
export interface Addresses {
  readonly ipv4: pulumi.Input<string>;
  readonly ipv6: pulumi.Input<string>;
}

/** Makes the records, and the zone if it is to be made here. */
export function dnsRecords(name: string, dns: DnsSettings, addresses: Addresses, parent: pulumi.Resource): void {
  const domain = dns.create ? new digitalocean.Domain(`${name}-zone`, { name: dns.zone }, { parent, protect: true }).name : dns.zone;
  for (const record of dns.records)
    new digitalocean.DnsRecord(
      `${name}-${roleOf(record)}`,
      { domain, ttl: dns.ttl, type: record.type, name: record.name, ...dataOf(record, addresses) },
      // DigitalOcean's provider reads it back with a dot behind it, which would be a change for ever.
      { parent, ...(record.type === "CAA" && record.value === NO_ISSUER ? { ignoreChanges: ["value"] } : {}) },
    );
}

function dataOf(record: DnsRecord, { ipv4, ipv6 }: Addresses): Pick<digitalocean.DnsRecordArgs, "value" | "tag" | "flags"> {
  switch (record.type) {
    case "A":
      return { value: ipv4 };
    case "AAAA":
      return { value: ipv6 };
    case "CAA":
      return { value: record.value, tag: record.tag, flags: 0 };
    default: {
      const never: never = record;
      return never;
    }
  }
}

function roleOf(record: DnsRecord): string {
  const site = record.name === "@" ? "apex" : record.name;
  if (record.type !== "CAA") return `${site}-${record.type}`;
  if (record.tag === "iodef") return `${site}-CAA-iodef`;
  return `${site}-CAA-${record.value === NO_ISSUER ? "none" : record.value.replace(/\.$/, "")}`;
}
