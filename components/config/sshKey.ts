/** Public keys as text: OpenSSH's (RFC 4253 section 6.6, RFC 8332, RFC 8709, OpenSSH PROTOCOL.u2f) and age's (C2SP age.md, BIP 173). */

const STRENGTH = "Ed25519, sk-ssh-ed25519, sk-ecdsa, ECDSA P-384 or P-521, or RSA of 3072 bits and more";
const LINE = "one line of an OpenSSH public key: type, base64 and, if you like, a comment in ASCII; no options before it";

type Blob = readonly Buffer[];

// What must follow the type in a key's blob, field by field; the length tells a key that was copied in part.
const WHOLE: ReadonlyMap<string, (fields: Blob) => boolean> = new Map([
  ["ssh-ed25519", ([key, ...rest]: Blob) => key?.length === 32 && rest.length === 0],
  ["sk-ssh-ed25519@openssh.com", ([key, application, ...rest]: Blob) => key?.length === 32 && isText(application) && rest.length === 0],
  [
    "sk-ecdsa-sha2-nistp256@openssh.com",
    ([curve, point, application, ...rest]: Blob) => isPoint(curve, point, "nistp256", 32) && isText(application) && rest.length === 0,
  ],
  ["ecdsa-sha2-nistp384", ([curve, point, ...rest]: Blob) => isPoint(curve, point, "nistp384", 48) && rest.length === 0],
  ["ecdsa-sha2-nistp521", ([curve, point, ...rest]: Blob) => isPoint(curve, point, "nistp521", 66) && rest.length === 0],
  ["ssh-rsa", ([exponent, modulus, ...rest]: Blob) => isPositive(exponent) && isPositive(modulus) && rest.length === 0],
]);

/** Types of key that a message may name, those that are too weak among them. */
export const KEY_TYPES: readonly string[] = [...WHOLE.keys(), "ssh-dss", "ecdsa-sha2-nistp256"];

/** Says what is allowed in place of a text as a person's public key; undefined if nothing is wrong with it. */
export function sshKeyFault(text: string): string | undefined {
  const match = /^([a-z][a-z0-9@.-]*) ([A-Za-z0-9+/]+={0,2})( [\x21-\x7e][\x20-\x7e]*)?$/.exec(text);
  if (match === null) return LINE;
  const [, type = "", base64 = ""] = match;
  const isWhole = WHOLE.get(type);
  if (isWhole === undefined) return `a key of a strong type: ${STRENGTH}`;
  const blob = Buffer.from(base64, "base64");
  const [name, ...fields] = blobFields(blob) ?? [];
  // One key has one base64: otherwise it could be listed twice.
  if (name?.toString("latin1") !== type || !isWhole(fields) || blob.toString("base64") !== base64)
    return `base64 that holds a whole ${type} key; copy the line again`;
  return type === "ssh-rsa" ? rsaFault(fields) : undefined;
}

/** Whether a text is the public key of an SSH server as it is pinned: Ed25519, type and base64, nothing else. */
export function isHostKey(text: string): boolean {
  return /^ssh-ed25519 \S+$/.test(text) && sshKeyFault(text) === undefined;
}

/** Whether files can be encrypted to this public key by age(1): an X25519 recipient with a right checksum, or an SSH key of a kind that age knows. */
export function isAgeRecipient(text: string): boolean {
  return /^ssh-(ed25519|rsa) /.test(text) ? sshKeyFault(text) === undefined : isX25519Recipient(text);
}

// An even or small exponent, or an even modulus, is not an RSA key; OpenSSH reads no number of more than 16384 bits.
function rsaFault([exponent, modulus]: Blob): string | undefined {
  const size = bits(modulus);
  if (size < 3072) return `a key of a strong type: ${STRENGTH}; this RSA key has ${String(size)} bits`;
  if (size > 16_384) return `an RSA key of 16384 bits at most; this one has ${String(size)}`;
  const isSound = bits(exponent) >= 17 && isOdd(exponent) && isOdd(modulus);
  return isSound ? undefined : "an RSA key with an odd modulus and an odd public exponent of 65537 or more; create a new pair";
}

function blobFields(blob: Buffer): Blob | undefined {
  const fields: Buffer[] = [];
  let offset = 0;
  while (offset < blob.length) {
    if (offset + 4 > blob.length) return undefined;
    const end = offset + 4 + blob.readUInt32BE(offset);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}

// An application is `ssh:` and any name, which may have spaces in it (ssh-keygen -O application).
function isText(field: Buffer | undefined): boolean {
  return field !== undefined && /^[\x20-\x7e]+$/.test(field.toString("latin1"));
}

// Uncompressed (SEC 1, 2.3.3), which is all that OpenSSH writes.
function isPoint(curve: Buffer | undefined, point: Buffer | undefined, name: string, bytes: number): boolean {
  return curve?.toString("latin1") === name && point?.length === 1 + 2 * bytes && point[0] === 4;
}

// An mpint is signed, and has no leading zero that it does not need (RFC 4251 section 5).
function isPositive(number: Buffer | undefined): boolean {
  const [first, second] = number ?? [];
  return first !== undefined && first < 0x80 && !(first === 0 && (second === undefined || second < 0x80));
}

function isOdd(number: Buffer | undefined): boolean {
  return ((number?.at(-1) ?? 0) & 1) === 1;
}

function bits(number: Buffer | undefined): number {
  const digits = number?.toString("hex").replace(/^0+/, "") ?? "";
  return digits === "" ? 0 : (digits.length - 1) * 4 + Number.parseInt(digits.charAt(0), 16).toString(2).length;
}

const BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

// Bech32 of 32 bytes: a mistyped letter would make secrets that nobody can open, and its checksum finds it (BIP 173).
function isX25519Recipient(text: string): boolean {
  const data = /^age1([02-9ac-hj-np-z]{58})$/.exec(text)?.[1];
  if (data === undefined) return false;
  const values = Array.from(data, (letter) => BECH32.indexOf(letter));
  // 52 letters carry 260 bits: the last four must be zero.
  return polymod([...expanded("age"), ...values]) === 1 && ((values[51] ?? 1) & 0xf) === 0;
}

function expanded(prefix: string): readonly number[] {
  const codes = Array.from(prefix, (letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function polymod(values: readonly number[]): number {
  return values.reduce((sum, value) => {
    const shifted = ((sum & 0x1ffffff) << 5) ^ value;
    return GENERATOR.reduce((mixed, term, index) => (((sum >> 25) >> index) & 1 ? mixed ^ term : mixed), shifted);
  }, 1);
}
