/** How wide a network is, as text: what a rule needs to tell a few addresses from the whole world. */

import { DEMANDED_LENGTH } from "../../components/config/demanded";
import { type Configured, thresholdOf } from "../engine/thresholds";

/** Prefix length of a network, and the length of an address of its family; a single address has its family's whole length. */
export function prefixOf(network: string): { readonly length: number; readonly of: 32 | 128 } | undefined {
  const match = /^(?:(\d{1,3}(?:\.\d{1,3}){3})|([0-9a-f:.]*:[0-9a-f:.]*))(?:\/(\d{1,3}))?$/i.exec(network);
  if (match === null) return undefined;
  const of = match[1] === undefined ? 128 : 32;
  const length = match[3] === undefined ? of : Number(match[3]);
  return length > of ? undefined : { length, of };
}

/** How wide the networks may be to which a rule allows more than to others. */
export const LENGTH_THRESHOLDS = {
  ipv4Length: {
    description: "the shortest length of an IPv4 network",
    default: DEMANDED_LENGTH.ipv4,
    minimum: DEMANDED_LENGTH.ipv4,
    maximum: 32,
  },
  ipv6Length: {
    description: "the shortest length of an IPv6 network",
    default: DEMANDED_LENGTH.ipv6,
    minimum: DEMANDED_LENGTH.ipv6,
    maximum: 128,
  },
};

/** The shortest lengths that a rule allows, by the length of an address, and how it says that. */
export interface Narrowest {
  readonly of: Readonly<Record<32 | 128, number>>;
  readonly allowed: string;
}

/** Those that hold where a stack has set some. */
export function narrowest(configured: Configured | undefined): Narrowest {
  const four = thresholdOf(LENGTH_THRESHOLDS, "ipv4Length", configured);
  const six = thresholdOf(LENGTH_THRESHOLDS, "ipv6Length", configured);
  return { of: { 32: four, 128: six }, allowed: `networks of /${String(four)} (IPv4) or /${String(six)} (IPv6) at the widest` };
}

/** Whether a network is as good as the whole Internet: wider than /8 (IPv4) or /16 (IPv6), or no network at all. */
export function isWorld(network: string): boolean {
  const prefix = prefixOf(network);
  return prefix === undefined || prefix.length < (prefix.of === 32 ? 8 : 16);
}

/** Whether networks are as good as the whole Internet together, as the two halves of it are: more than a /8 (IPv4) or a /16 (IPv6). */
export function isWorldTogether(networks: readonly string[]): boolean {
  const share = { 32: 0, 128: 0 };
  for (const network of new Set(networks)) {
    const prefix = prefixOf(network);
    if (prefix === undefined || isWorld(network) || UNSPECIFIED.test(network)) return true;
    if (!PRIVATE.test(network)) share[prefix.of] += 2 ** -prefix.length;
  }
  return share[32] > 2 ** -8 || share[128] > 2 ** -16;
}

// Without a length DigitalOcean takes these for everything; and IPv4 in IPv6's words is no network of a firewall.
const UNSPECIFIED = /^(0\.0\.0\.0|::|::ffff:.*)(\/.*)?$/i;

/** An address that is reached from nowhere but its own machine or network (RFC 1918, 3927, 4193, 4291, 6598, 1122), and IPv4 in IPv6's words. */
export const PRIVATE =
  /^(10\.|127\.|0\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|::1?($|\/)|::ffff:)/i;
