/** Bringing the agent and the programs to a host, for requests that name them by their hashes. */
import { z } from "zod";
import { installRequest } from "../../components/plan/programs";
import { ask } from "./agent";
import type { Patience, SshTarget } from "./ssh";

const installAnswer = z.object({ agent: z.string() });

/** Leaves them on the host. Throws OperatorError if it refuses, or cannot be reached. */
export async function installPrograms(target: SshTarget, patience: Patience = {}): Promise<void> {
  await ask(target, installRequest(), installAnswer, patience);
}
