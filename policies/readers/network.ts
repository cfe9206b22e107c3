/** How wide a network is, as text: what a rule needs to tell a few addresses from the whole world. */

/** Prefix length of a network, and the length of an address of its family; a single address has its family's whole length. */
export function prefixOf(network: string): { readonly length: number; readonly of: 32 | 128 } | undefined {
  const match = /^(?:(\d{1,3}(?:\.\d{1,3}){3})|([0-9a-f:.]*:[0-9a-f:.]*))(?:\/(\d{1,3}))?$/i.exec(network);
  if (match === null) return undefined;
  const of = match[1] === undefined ? 128 : 32;
  const length = match[3] === undefined ? of : Number(match[3]);
  return length > of ? undefined : { length, of };
}

/** Whether a network is as good as the whole Internet: wider than /8 (IPv4) or /16 (IPv6), or no network at all. */
export function isWorld(network: string): boolean {
  const prefix = prefixOf(network);
  return prefix === undefined || prefix.length < (prefix.of === 32 ? 8 : 16);
}
