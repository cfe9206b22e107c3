/** Hosts whose name was changed: what Pulumi has of them, and their backups, go by the name that they were deployed under. */
import { z } from "zod";
import type { StackConfig } from "../../components/config/schema";
import { OperatorError } from "./errors";

const exportedHosts = z.object({
  deployment: z.object({
    resources: z.array(
      z.object({
        type: z.string(),
        outputs: z
          .object({ hosts: z.record(z.string(), z.object({ address: z.string() }).optional().catch(undefined)) })
          .optional()
          .catch(undefined),
      }),
    ),
  }),
});

/**
 * Throws OperatorError where the last deploy had a host of the configuration under a name that it neither has nor says to have had: Pulumi would
 * take it for a new host beside one that goes. Reads the outputs of the stack in its exported state.
 */
export function requireFormerNames(config: StackConfig, exported: unknown): void {
  const { resources } = exportedHosts.catch({ deployment: { resources: [] } }).parse(exported).deployment;
  const former = Object.entries(resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.hosts ?? {});
  const names = new Set(config.hosts.map(({ name }) => name));
  const renamed = former.flatMap(([was, output]) => {
    const now = config.hosts.find(({ address }) => address !== undefined && address === output?.address);
    return now === undefined || names.has(was) || now.formerly.includes(was) || former.some(([name]) => name === now.name)
      ? []
      : [{ was, now: now.name }];
  });
  if (renamed.length > 0)
    throw new OperatorError(
      renamed
        .map(
          ({ was, now }) =>
            `hosts: found ${now}, allowed: ${was}, the name under which that server was deployed, or \`formerly: [${was}]\` beside the new name: its backups and what Pulumi has of it go by the former one`,
        )
        .join("\n"),
      2,
    );
}
