/** What a deploy that was ended was creating, as Pulumi's state has it: Pulumi keeps such a record until it is given another state. */
import { z } from "zod";
import { OperatorError } from "./errors";

const state = z.object({
  deployment: z
    .object({
      pending_operations: z.array(z.object({ type: z.string(), resource: z.object({ urn: z.string(), type: z.string() }) })).nullish(),
    })
    .nullish(),
});

/** Type tokens of commands: on a host, and here for a host. */
const COMMANDS = ["command:remote:Command", "command:local:Command"];

/** URNs of the commands that were running: they leave nothing but what the host itself knows, and is asked for. */
export function pendingCommands(exported: unknown): readonly string[] {
  return pendingCreates(exported).flatMap(({ urn, type }) => (COMMANDS.includes(type) ? [urn] : []));
}

/**
 * Throws OperatorError where a deploy was ended while the cloud created something: that may be there, at nobody's charge but the
 * owner's, and a deploy would create another one.
 */
export function requireNothingLeftInCloud(exported: unknown, stack: string): void {
  const left = pendingCreates(exported).flatMap(({ urn, type }) => (type.startsWith("digitalocean:") ? [urn] : []));
  if (left.length === 0) return;
  const named = left.map((urn) => `${urn}: found that a deploy was ended while it was created, so that it may exist or not`);
  throw new OperatorError(
    [
      ...named,
      `Look for it at DigitalOcean and delete it there, or bring it into the state by pulumi import. Then run pulumi refresh --clear-pending-creates --stack ${stack}, and npx phiward up again`,
    ].join("\n"),
    2,
  );
}

function pendingCreates(exported: unknown): readonly { readonly urn: string; readonly type: string }[] {
  const pending = state.parse(exported).deployment?.pending_operations ?? [];
  return pending.flatMap(({ type, resource }) => (type === "creating" ? [resource] : []));
}
