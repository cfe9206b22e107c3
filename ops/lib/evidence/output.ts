/** A directory of files that is there whole, or not at all. */
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { OperatorError } from "../errors";

const ALLOWED = "a new or empty directory, in one that is there";

/** Throws OperatorError where something is in the directory: nothing is ever written over. */
export function requireEmpty(directory: string): void {
  const entries = entriesOf(directory);
  if (entries === undefined && entriesOf(dirname(resolve(directory))) === undefined)
    throw new OperatorError(`--output: found no directory ${dirname(directory)}, allowed: ${ALLOWED}`, 2);
  if (entries !== undefined && entries.length > 0) throw new OperatorError(`--output: found files in ${directory}, allowed: ${ALLOWED}`, 2);
}

function entriesOf(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new OperatorError(`--output: cannot read ${directory}, allowed: ${ALLOWED}`, 2);
  }
}

/**
 * Writes the files, by name, for their owner alone: it is a list of what is weak. Throws Error, and leaves nothing, where one cannot be
 * written, or where the directory got files meanwhile.
 */
export function writeDirectory(directory: string, files: ReadonlyMap<string, string>): void {
  const path = resolve(directory);
  const fresh = mkdtempSync(join(dirname(path), `.${basename(path)}-`));
  try {
    for (const [name, text] of files) writeFileSync(join(fresh, name), text, { mode: 0o600, flush: true });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
}
