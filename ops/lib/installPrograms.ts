/** Bringing the agent and the programs to a host, for requests that name them by their hashes. */
import { z } from "zod";
import { EARLY_PACKAGES, earlyPackagesIn } from "../../components/plan/earlyPackages";
import { installRequest } from "../../components/plan/programs";
import { ask } from "./agent";
import { OperatorError } from "./errors";
import type { Patience, SshTarget } from "./ssh";

const installAnswer = z.object({ agent: z.string() });

/**
 * Leaves them on the host, with the packages that a variable lists: see `earlyVariable`. Throws OperatorError if it refuses, or cannot
 * be reached.
 */
export async function installPrograms(target: SshTarget, variable: string, patience: Patience = {}): Promise<void> {
  const packages = earlyPackagesIn(variable);
  if (packages === undefined)
    throw new OperatorError(
      `${EARLY_PACKAGES}: found another package, allowed: what a deploy sets; run npx phiward up, which runs this`,
      2,
    );
  await ask(target, installRequest(packages), installAnswer, patience);
}
