/** The names of a droplet's sites, as records of its zone. */
import type { DropletConfig, StackConfig } from "../../config/schema";

/** A record of a zone, in DigitalOcean's words; `value` of an address record is the droplet's own. */
export type DnsRecord =
  | { readonly type: "A" | "AAAA"; readonly name: string }
  | { readonly type: "CAA"; readonly name: string; readonly tag: "issue" | "iodef"; readonly value: string };

/** The zone of a droplet. */
export interface DnsSettings {
  readonly zone: string;
  readonly create: boolean;
  readonly ttl: number;
  readonly records: readonly DnsRecord[];
}

/** Means: no authority may make a certificate (RFC 8659 section 4.2). */
export const NO_ISSUER = ";";

/** The records of each site and alias in the zone; names in other zones are their owner's. */
export function dnsSettings(config: StackConfig, dns: NonNullable<DropletConfig["dns"]>): DnsSettings {
  const { zone, create, ttl } = dns;
  const names = [...new Set(config.sites.flatMap((site) => [site.name, ...site.aliases]))].flatMap((name) => relative(name, zone) ?? []);
  return { zone, create, ttl, records: names.flatMap((name) => recordsOf(name, dns)) };
}

function recordsOf(name: string, { issuers, report }: NonNullable<DropletConfig["dns"]>): readonly DnsRecord[] {
  // DigitalOcean asks for the dot behind a domain name.
  const allowed = issuers.length === 0 ? [NO_ISSUER] : issuers.map((issuer) => `${issuer}.`);
  return [
    { type: "A", name },
    { type: "AAAA", name },
    ...allowed.map((value): DnsRecord => ({ type: "CAA", name, tag: "issue", value })),
    ...(report === undefined ? [] : [{ type: "CAA", name, tag: "iodef", value: `mailto:${report}` } as const]),
  ];
}

function relative(name: string, zone: string): string | undefined {
  if (name === zone) return "@";
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : undefined;
}
