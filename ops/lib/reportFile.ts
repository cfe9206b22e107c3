/** Writing a report where a pipeline looks for it. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { OperatorError } from "./errors";

/** Writes the whole file or leaves what was there. Throws OperatorError where it cannot be written. */
export function writeReport(file: string, text: string): void {
  const fresh = `${file}.${String(process.pid)}.new`;
  try {
    writeFileSync(fresh, `${text}\n`);
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    const code = error instanceof Error && "code" in error ? String(error.code) : "another fault";
    throw new OperatorError(`--output: found a file that cannot be written (${code}), allowed: a file in a directory that is there`, 2);
  }
}
