/** Makes files that were not there: whole or not at all, and never over another one. */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, writeFileSync } from "node:fs";
import { OperatorError } from "./errors";

/** For work that takes long and ends in a new file. Throws OperatorError, which begins with `what`, if there is one of that name already. */
export function requireNoFile(what: string, path: string): void {
  if (existsSync(path)) throw new OperatorError(taken(what, path), 2);
}

function taken(what: string, path: string): string {
  return `${what}: found a file at ${path}, allowed: a path where there is none; nothing is overwritten`;
}

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
        ? taken(what, path)
        : `${what}: cannot write ${path} (${code}), allowed: a file in a directory that is there and yours`,
      2,
    );
  } finally {
    rmSync(fresh, { force: true });
  }
}
