/** What a host says of its evidence as a whole, and signs with the key that SSH knows it by. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { runSync } from "../process";
import { hostJson } from "../terminal";

/** What the signature is for (ssh-keygen(1), `-n`): of a report's evidence it is another one. */
export const HOST_EVIDENCE_NAMESPACE = "phiward-host-evidence";
const FORMAT = "phiward-evidence 1";
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seconds = z.number().min(0).max(8.64e12);
const count = z.int().min(0);

const statement = z.strictObject({
  format: z.literal(FORMAT),
  mode: z.enum(["evidence", "findings", "kept"]),
  /** The host that answered, and the one that it is of where that is another. */
  host: z.string(),
  of: z.string().nullable(),
  by: z.string(),
  nonce: z.string(),
  /** SHA-256 of the request, whose program took it. */
  request: hash,
  items: count,
  bytes: count,
  /** SHA-256 of the last entry, which names the one before it, and so on. */
  head: hash,
  begun: seconds,
  ended: seconds,
});
/** What a host says of its evidence as a whole. */
export type Statement = z.infer<typeof statement>;

const entry = z
  .object({
    item: z.string().regex(/^\d{3}-[a-z0-9-]{1,60}$/),
    source: z.string(),
    index: count,
    parts: count,
    bytes: count,
    sha256: hash,
    begun: seconds,
    ended: seconds,
    /** `whole`, or what is missing. */
    outcome: z.string(),
    previous: hash,
  })
  .loose();
/** An item's entry of the chain. */
export type Entry = z.infer<typeof entry>;

/** Reads a statement. Throws SyntaxError or ZodError. */
export function statementOf(text: string): Statement {
  return hostJson(text, statement);
}

/** Reads an entry. Throws SyntaxError or ZodError. */
export function entryOf(text: string): Entry {
  return hostJson(text, entry);
}

/** What the first entry names as the one before it. */
export function firstLink(nonce: string): string {
  return sha256(`${FORMAT} ${nonce}`);
}

/** SHA-256, hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Whether a text was signed by a host's key, its type and base64. */
export function isSignedBy(hostKey: string, text: string | Uint8Array, signature: string): boolean {
  const directory = mkdtempSync(join(tmpdir(), "phiward-evidence-"));
  try {
    const [signers, file] = [join(directory, "signers"), join(directory, "statement.sig")];
    writeFileSync(signers, `host namespaces="${HOST_EVIDENCE_NAMESPACE}" ${hostKey.split(" ").slice(0, 2).join(" ")}\n`);
    writeFileSync(file, signature);
    const words = ["-Y", "verify", "-f", signers, "-I", "host", "-n", HOST_EVIDENCE_NAMESPACE, "-s", file];
    return runSync(["ssh-keygen", ...words], { input: text }).status === 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
