/** Makes files that were not there: whole or not at all, and never over another one. */
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeFileSync } from "node:fs";
import { OperatorError } from "./errors";

/** Writes a new file. Throws OperatorError, which begins with `what`, if there is one of that name or it cannot be written. */
export function writeNewFile(what: string, path: string, content: string | Uint8Array, mode = 0o644): void {
  const fresh = `${path}.${String(process.pid)}.new`;
  try {
    const file = openSync(fresh, "wx", mode);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // Unlike a rename, it fails where there is a file.
    linkSync(fresh, path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "another fault";
    throw new OperatorError(
      code === "EEXIST"
        ? `${what}: found a file at ${path}, allowed: a path where there is none; nothing is overwritten`
        : `${what}: cannot write ${path} (${code}), allowed: a file in a directory that is there and yours`,
      2,
    );
  } finally {
    rmSync(fresh, { force: true });
  }
}
