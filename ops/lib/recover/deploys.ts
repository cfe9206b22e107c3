/** Deploys of a stack in the middle of other work: on Pulumi, or by the sandbox's own engine where the stack is on this machine. */
import { join } from "node:path";
import { deployWithPulumi } from "../../commands/up";
import { askHosts } from "../askHosts";
import type { OpenStack } from "../command";
import { SANDBOX_STACK } from "../context";
import { OperatorError } from "../errors";
import { readyProject } from "../localProject";
import { attached } from "../process";
import { ROOT } from "../root";

/** Deploys a stack as its file says. Resolves with the exit code: where a check fails at the end, everything is applied all the same. */
export async function deployStack({ stack, context }: OpenStack, key: string | undefined): Promise<number> {
  const how = { yes: true, ...(key === undefined ? {} : { key }) };
  if (stack !== SANDBOX_STACK) return (await deployWithPulumi("up", stack, how)).code;
  if (context.pulumi === undefined) return attached(["node", join(ROOT, "sandbox/start.cjs"), "sandbox-up"], { cwd: ROOT });
  readyProject(context.pulumi, stack, context.file);
  return (await deployWithPulumi("up", stack, { ...how, cwd: context.pulumi.project })).code;
}

// A host that is new makes no backup beside those of the one before, under a password that it does not know.
const WAITS = { unit: "backup", why: "it has drifted: first-backup" };

/** Throws OperatorError where a host has units that are not as declared: a deploy did not come to its end. */
export async function requireApplied({ config, context }: OpenStack): Promise<void> {
  const found = await askHosts(config, context);
  const stale = found.stale.filter(({ unit, why }) => unit !== WAITS.unit || why !== WAITS.why);
  if (stale.length > 0)
    throw new OperatorError(
      [
        ...stale.map(({ host, unit, why }) => `${host}: ${unit}: ${why}`),
        "the deploy did not come to its end; the same command goes on there",
      ].join("\n"),
      1,
    );
}
