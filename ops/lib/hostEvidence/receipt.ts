/** What is beside a file of evidence: its hash, and what its host signed. It holds nothing of what was found. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { OperatorError } from "../errors";
import { writeNewFile } from "../newFile";
import { hostJson } from "../terminal";

const MOST_BYTES = 64 * 1024;

const receipt = z.strictObject({
  /** The host that answered, and its key as the stack has it: type and base64. */
  host: z.string(),
  hostKey: z.string(),
  /** SHA-256 of the file, and its size. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0),
  /** What the host signed; null where it was cut off before. */
  statement: z.string().nullable(),
  signature: z.string().nullable(),
});
/** What is beside a file of evidence. */
export type Receipt = z.infer<typeof receipt>;

/** Where it is. */
export function receiptPath(file: string): string {
  return `${file}.json`;
}

export function writeReceipt(file: string, value: Receipt): void {
  writeNewFile("--output", receiptPath(file), `${JSON.stringify(value, null, 1)}\n`, 0o600);
}

/** The one beside a file; undefined where there is none. Throws OperatorError for what is none. */
export function readReceipt(file: string): Receipt | undefined {
  const path = receiptPath(file);
  if (!existsSync(path)) return undefined;
  try {
    if (!statSync(path).isFile() || statSync(path).size > MOST_BYTES) throw new Error("not a receipt");
    return hostJson(readFileSync(path, "utf8"), receipt, ["statement", "signature"]);
  } catch {
    throw new OperatorError(`${path}: found another content, allowed: what phiward evidence wrote beside the file, or none`, 2);
  }
}
