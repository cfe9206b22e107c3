/** Certificates and lists of revoked ones as text (RFC 7468). */
import { X509Certificate } from "node:crypto";

const ONE = "one certificate as PEM text, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and nothing besides";
// With each certificate of a chain a list of its own has to be asked for: one authority, one list.
const LIST = "one list as PEM text, from -----BEGIN X509 CRL----- to -----END X509 CRL-----, and nothing besides";
// What authorities of devices still have, and NIST SP 800-131A allows until 2030.
const SHORTEST_RSA = 2048;

/** What is allowed as the certificate of an authority. */
export const AUTHORITY_RULE = ONE;

/** What is allowed as a list of revoked certificates. */
export const REVOCATIONS_RULE = LIST;

/** Says what is allowed in place of a text as the certificate of an authority; undefined if nothing is wrong with it. */
export function authorityFault(text: string): string | undefined {
  const certificate = isPem(text, "CERTIFICATE") ? read(text) : undefined;
  if (certificate === undefined) return ONE;
  if (!certificate.ca)
    return "the certificate of an authority (basic constraints CA:TRUE); a client's own certificate proves nothing of others";
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  const isStrong = type === "rsa" ? (details?.modulusLength ?? 0) >= SHORTEST_RSA : type === "ec" || type === "ed25519" || type === "ed448";
  return isStrong ? undefined : `a certificate with a key of ECDSA, EdDSA, or RSA of ${String(SHORTEST_RSA)} bits and more`;
}

/** Whether a text is one list of revoked certificates. */
export function isRevocationList(text: string): boolean {
  return isPem(text, "X509 CRL");
}

/** PEM text with one line end behind it: a block of YAML has one, and a text in quotation marks none. */
export function withLineEnd(text: string): string {
  return `${text.trimEnd()}\n`;
}

function isPem(text: string, label: string): boolean {
  return (
    text.length <= 65_536 && new RegExp(`^-----BEGIN ${label}-----\\n([A-Za-z0-9+/=]{1,76}\\n)+-----END ${label}-----\\n?$`).test(text)
  );
}

function read(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}
