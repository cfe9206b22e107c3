/** PEM (RFC 7468) as certificates are written in a configuration. */
import { X509Certificate } from "node:crypto";

/** The blocks of a text, each with its lines. */
export function pemBlocks(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----\n[^]*?-----END CERTIFICATE-----/g) ?? [];
}

/** Whether a block is a certificate. */
export function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}

/** Whether each of these certificates is followed by the one that it was issued by. */
export function issuedInOrder(blocks: readonly string[]): boolean {
  const found = blocks.map((block) => new X509Certificate(block));
  return found.every((one, index) => index === 0 || found[index - 1]?.checkIssued(one) !== false);
}

/** Whether the last certificate of a chain was issued by itself: it is then the authority's own. */
export function endsWithAuthority(chain: string): boolean {
  const last = pemBlocks(chain).at(-1);
  if (last === undefined || !isCertificate(last)) return false;
  const found = new X509Certificate(last);
  return found.checkIssued(found);
}
