/** Compiles the policy pack and the commands where a source is newer. */
import { join } from "node:path";
import { OperatorError } from "./errors";
import { runSync } from "./process";
import { ROOT } from "./root";

/** Compiles them. Throws OperatorError if they do not compile. */
export function buildPack(): void {
  const { status, stderr } = runSync(["node", join(ROOT, "ops/build.cjs")]);
  if (status !== 0) throw new OperatorError(`policies: ${stderr.trim()}`, 2);
}
