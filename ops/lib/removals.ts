/** The end of what a deploy takes down: a concern that waited for what Pulumi deletes last of all, such as the last container. */
import { z } from "zod";
import type { StackConfig } from "../../components/config/schema";
import { stackModel } from "../../components/containers/model";
import { plannedParts, plannedRemovals } from "../../components/registry";
import { ask } from "./agent";
import type { HostAddress } from "./hosts";
import { deployTarget, type Patience } from "./ssh";

/** The answer to a request to remove. */
const removeAnswer = z.object({ removed: z.array(z.string()), waiting: z.array(z.string()) });

/**
 * Takes down, on each host, what could not be taken down while Pulumi still had something to delete there. Hosts without such a
 * concern are not asked. Throws OperatorError if one cannot be asked or a concern stays.
 */
export async function finishRemovals(
  config: StackConfig,
  hosts: readonly HostAddress[],
  patience: Patience,
  say: (line: string) => void,
): Promise<void> {
  const model = stackModel(config);
  await Promise.all(
    hosts.map(async (placed) => {
      const host = config.hosts.find(({ name }) => name === placed.name);
      const removals = host === undefined ? [] : plannedRemovals(plannedParts(model, host)).filter(({ onceTrue }) => onceTrue !== null);
      if (removals.length === 0) return;
      const { removed, waiting } = await ask(deployTarget(placed), { mode: "remove", removals }, removeAnswer, patience);
      for (const unit of removed) say(`${placed.name}: ${unit} was taken down: nothing uses it any more`);
      for (const unit of waiting) say(`${placed.name}: ${unit} stays: something still uses it; the next run takes it down`);
    }),
  );
}
