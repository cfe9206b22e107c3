/** An audit export: files, a list of their hashes, and a signature over the list, in one archive that is checked without unpacking it. */
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StackConfig } from "../../../components/config/schema";
import { OperatorError } from "../errors";
import { manifestOf, type Signer } from "../evidence/sign";
import { runSync } from "../process";
import { type Files, filesOf, MOST_BYTES, OtherArchive, tarOf } from "./tar";

/** What the signature of an export is for (ssh-keygen(1), `-n`): a report's is refused for one, and the other way round. */
export const EXPORT_NAMESPACE = "phiward-audit-export";
/** The list of hashes, and the signature over it. */
export const EXPORT_MANIFEST = "manifest.sha256";
export const EXPORT_SIGNATURE = `${EXPORT_MANIFEST}.sig`;

// 64 names with their hashes are less; a signature by an RSA key of 16384 bits is 6 KiB.
const MOST_OF_A_LIST = 16 * 1024;

/** The archive of the files, signed. Throws OperatorError where it would be one that nobody could check. */
export function signedArchive(files: Files, signer: Signer): Buffer {
  const length = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  if (length > MOST_BYTES - 1024 * 1024)
    throw new OperatorError(
      `--from: found ${size(length)} of records, allowed: ${size(MOST_BYTES)}; export less time, or one host, at once`,
      2,
    );
  const manifest = manifestOf(new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1))));
  const text = (value: string): Buffer => Buffer.from(value);
  return tarOf(new Map([...files, [EXPORT_MANIFEST, text(manifest)], [EXPORT_SIGNATURE, text(signer.sign(manifest))]]));
}

/** What was found to be whole, and who signed it. */
export interface Verified {
  readonly signer: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

/** Checks an archive. `signers` is a file as ssh-keygen(1) has it, ALLOWED SIGNERS. Throws OperatorError, with exit code 1, of the first fault. */
export function verifiedArchive(path: string, signers: string): Verified {
  const refuse = (found: string): OperatorError => new OperatorError(`${path}: refused: ${found}`, 1);
  let files: Files;
  try {
    files = filesOf(archiveAt(path));
  } catch (error) {
    throw error instanceof OtherArchive ? refuse(error.message) : error;
  }
  const manifest = files.get(EXPORT_MANIFEST);
  const signature = files.get(EXPORT_SIGNATURE);
  for (const [name, content] of [
    [EXPORT_MANIFEST, manifest],
    [EXPORT_SIGNATURE, signature],
  ] as const)
    if (content === undefined || content.length > MOST_OF_A_LIST) throw refuse(`it has no ${name}, or one that is longer than any`);
  const signer = signerOfList(manifest ?? Buffer.alloc(0), signature ?? Buffer.alloc(0), signers);
  if (signer === undefined)
    throw refuse("its list of hashes was signed by no key that may sign exports, or was changed after that; see --signers");
  const rest = new Map([...files].filter(([name]) => name !== EXPORT_MANIFEST && name !== EXPORT_SIGNATURE));
  const fault = faultOf(Buffer.from(manifest ?? []).toString("latin1"), rest);
  if (fault !== undefined) throw refuse(fault);
  return { signer, files: [...rest].map(([name, content]) => ({ name, bytes: content.length, sha256: hash(content) })) };
}

/** The people of a stack who may become root, as a file of signers. */
export function signersOf({ people }: Pick<StackConfig, "people">): string {
  return people
    .filter(({ sudo }) => sudo)
    .flatMap(({ name, keys }) => keys.map((key) => `${name} namespaces="${EXPORT_NAMESPACE}" ${key.split(" ").slice(0, 2).join(" ")}\n`))
    .join("");
}

// The list was signed: what it says of the files is the signer's, and the files have to be these and no others.
function faultOf(manifest: string, files: Files): string | undefined {
  const listed = new Map([...manifest.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)].map(([, sum = "", name = ""]) => [name, sum] as const));
  const missing = [...listed.keys()].filter((name) => !files.has(name));
  const extra = [...files.keys()].filter((name) => !listed.has(name));
  const changed = [...files].filter(([name, content]) => listed.has(name) && listed.get(name) !== hash(content)).map(([name]) => name);
  if (changed.length > 0) return `${changed.join(", ")}: changed after the signature`;
  if (missing.length > 0) return `${missing.join(", ")}: on the signed list, and missing`;
  if (extra.length > 0) return `${extra.join(", ")}: not on the signed list`;
  return manifest === manifestOf(files) ? undefined : "its list of hashes has lines that are none of it";
}

function signerOfList(manifest: Uint8Array, signature: Uint8Array, signers: string): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), "phiward-verify-"));
  try {
    const file = join(directory, EXPORT_SIGNATURE);
    writeFileSync(file, signature);
    const found = runSync(["ssh-keygen", "-Y", "find-principals", "-s", file, "-f", signers]);
    const names = found.status === 0 ? found.stdout.split(/[\n,]/).filter((name) => name !== "") : [];
    const verifies = (name: string): boolean =>
      runSync(["ssh-keygen", "-Y", "verify", "-f", signers, "-I", name, "-n", EXPORT_NAMESPACE, "-s", file], { input: manifest }).status ===
      0;
    return names.find(verifies);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

// A regular file of bounded size; a pipe is not waited for.
function archiveAt(path: string): Buffer {
  const refuse = (found: string): OperatorError =>
    new OperatorError(`FILE: ${found} ${path}, allowed: an archive of phiward audit export`, 2);
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    throw refuse("cannot read");
  }
  try {
    const stat = fstatSync(file);
    const bytes = stat.size;
    if (!stat.isFile()) throw refuse("found no plain file at");
    if (bytes > MOST_BYTES) throw refuse(`found more than ${size(MOST_BYTES)} in`);
    const content = Buffer.alloc(bytes);
    let at = 0;
    for (let count = 1; at < bytes && count > 0; at += count) count = readSync(file, content, at, bytes - at, at);
    if (at < bytes) throw refuse("found a file that changes meanwhile,");
    return content;
  } finally {
    closeSync(file);
  }
}

function hash(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function size(bytes: number): string {
  return `${String(Math.ceil(bytes / 1024 / 1024))} MiB`;
}
