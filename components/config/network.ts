/** Internet addresses and networks, as text; one type for IPv4 and IPv6 (RFC 4632, RFC 4291, RFC 5952). */
import { isIP } from "node:net";

/** Family of an address or network. */
export type Family = "ipv4" | "ipv6";

const BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };
// Nobody's own network is larger: two halves of the Internet are the Internet.
const SHORTEST: Readonly<Record<Family, number>> = { ipv4: 8, ipv6: 16 };
// Loopback, unspecified, multicast and reserved; in ::/8 also IPv4 written as IPv6 (RFC 6890).
const NOT_UNICAST = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/8", "ff00::/8"];
const LOOPBACK = ["127.0.0.0/8", "::1/128"];
const PRIVATE_IPV4 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
const PRIVATE = [...PRIVATE_IPV4, "fc00::/7"];

/** The family of a network such as `203.0.113.0/24` or of an address; undefined if the text is neither. */
export function familyOf(network: string): Family | undefined {
  const version = isIP(network.split("/")[0] ?? "");
  return version === 4 ? "ipv4" : version === 6 ? "ipv6" : undefined;
}

/**
 * Says what is allowed in place of a text as a network that administrators come from; undefined if nothing is wrong. Right is prefix
 * notation as the kernel prints it: no bit set behind the prefix, IPv6 spelled as RFC 5952 asks. One network has one spelling, so that
 * texts can be compared with what a host answers.
 */
export function networkFault(text: string): string | undefined {
  const parsed = parse(text);
  if (parsed === undefined) {
    const example =
      isIP(text) === 0 || text.includes("%") ? "203.0.113.7/32 or 2001:db8::/48" : `${text}/${isIP(text) === 4 ? "32" : "128"}`;
    return `a network with its length, such as ${example}`;
  }
  const { family, bits, prefix } = parsed;
  if (prefix < SHORTEST[family])
    return `a network of your own, no larger than /${String(SHORTEST[family])}; never the whole Internet or a large part of it`;
  if (spelled(parsed) !== text) {
    const alone = spelled({ family, bits, prefix: BITS[family] });
    const network = spelled(parsed);
    return bits.slice(prefix).includes("1")
      ? `${network}, or ${alone} for the one address`
      : `${network}, which is how the network is written`;
  }
  if (!isUnicast(text.split("/")[0] ?? ""))
    return "a network of hosts that can connect: not loopback, multicast or reserved, and IPv4 not written as IPv6";
  return undefined;
}

/** Whether a text is the address of one other machine: not this one, not a group, not reserved; without a zone. */
export function isUnicast(address: string): boolean {
  return parse(`${address}/0`) !== undefined && !inNetworks(address, NOT_UNICAST);
}

/** Whether a text is an address of this machine itself. */
export function isLoopback(address: string): boolean {
  return inNetworks(address, LOOPBACK);
}

/** Whether a text is an address of this machine, or of a private network (RFC 1918, RFC 4193). */
export function isPrivate(address: string): boolean {
  return inNetworks(address, [...LOOPBACK, ...PRIVATE]);
}

/** Whether a text is a private IPv4 network (RFC 1918), no bit set behind its prefix, with a length from `from` to `to`. */
export function isPrivateIpv4Network(text: string, { from, to }: { readonly from: number; readonly to: number }): boolean {
  const network = parse(text);
  if (network?.family !== "ipv4" || network.prefix < from || network.prefix > to || spelled(network) !== text) return false;
  return PRIVATE_IPV4.some((whole) => prefixOf(whole) <= network.prefix && networksMeet(whole, text));
}

// 4096 container networks of 256 addresses each, to 16.
const ADDRESS_POOL = { from: 12, to: 20 } as const;

/** What is allowed as the network that container networks are cut from. */
export const ADDRESS_POOL_RULE = `an IPv4 network within ${PRIVATE_IPV4.join(", ")} with a length from ${String(ADDRESS_POOL.from)} to ${String(ADDRESS_POOL.to)}, and no bit set behind it`;

/** Whether container networks may be cut from this network. */
export function isAddressPool(text: string): boolean {
  return isPrivateIpv4Network(text, ADDRESS_POOL);
}

/** Length of a network; of an address that of its family, and of any other text not a number. */
export function prefixOf(text: string): number {
  return asNetwork(text)?.prefix ?? Number.NaN;
}

/** Whether two networks, or addresses, have an address in common. A text that is neither meets none. */
export function networksMeet(one: string, other: string): boolean {
  const [a, b] = [asNetwork(one), asNetwork(other)];
  if (a === undefined || b === undefined || a.family !== b.family) return false;
  const shorter = Math.min(a.prefix, b.prefix);
  return a.bits.slice(0, shorter) === b.bits.slice(0, shorter);
}

function asNetwork(text: string): Network | undefined {
  const family = familyOf(text);
  return family === undefined || text.includes("/") ? parse(text) : parse(`${text}/${String(BITS[family])}`);
}

/** Whether `address` lies in one of `networks`; an IPv4 address lies in no IPv6 network. A text that is not an address lies in none. */
export function inNetworks(address: string, networks: readonly string[]): boolean {
  const candidate = parse(`${address}/0`);
  return networks.some((text) => {
    const network = parse(text);
    if (candidate === undefined || network?.family !== candidate.family) return false;
    return network.bits.slice(0, network.prefix) === candidate.bits.slice(0, network.prefix);
  });
}

/** One spelling for all spellings of an address or a host name, so that two can be compared. */
export function canonicalAddress(address: string): string {
  const parsed = parse(`${address}/0`);
  return parsed === undefined ? address.toLowerCase() : addressText(parsed.family, parsed.bits);
}

interface Network {
  readonly family: Family;
  /** All bits of the address, as digits. */
  readonly bits: string;
  readonly prefix: number;
}

function parse(text: string): Network | undefined {
  const [address, length, ...rest] = text.split("/");
  if (address === undefined || length === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const family = familyOf(address);
  if (family === undefined || address.includes("%") || Number(length) > BITS[family]) return undefined;
  return { family, bits: bitsOf(address, family), prefix: Number(length) };
}

function spelled({ family, bits, prefix }: Network): string {
  return `${addressText(family, bits.slice(0, prefix).padEnd(BITS[family], "0"))}/${String(prefix)}`;
}

function addressText(family: Family, bits: string): string {
  const width = family === "ipv4" ? 8 : 16;
  const groups = Array.from({ length: bits.length / width }, (_, index) =>
    Number.parseInt(bits.slice(index * width, (index + 1) * width), 2),
  );
  if (family === "ipv4") return groups.join(".");
  // The WHATWG URL serializer shortens as RFC 5952 asks: lowercase, the first of the longest runs of zeros as `::`.
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(":")}]`).hostname.slice(1, -1);
}

function bitsOf(address: string, family: Family): string {
  const groups = family === "ipv4" ? address.split(".").map((part) => Number(part)) : ipv6Groups(address);
  return groups.map((group) => group.toString(2).padStart(family === "ipv4" ? 8 : 16, "0")).join("");
}

function ipv6Groups(address: string): number[] {
  // A dotted tail (::ffff:192.0.2.1) is two groups.
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(":"),
  );
  const [head = "", tail] = hex.split("::");
  const groups = (text: string): number[] => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const left = groups(head);
  if (tail === undefined) return left;
  const right = groups(tail);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}
