/** `phiward release`: stops managing a host. It stays hardened, with its accounts, rules, containers, data and jobs; the agent and its record of what was applied are removed. */
import { z } from "zod";
import { ask } from "../lib/agent";
import { hostOf, resolvedStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { withProgress } from "../lib/progress";
import { deployTarget } from "../lib/ssh";
import { print } from "../lib/terminal";

const releaseAnswer = z.object({ gone: z.array(z.string()) });

/** Options of `phiward release`. */
export interface ReleaseOptions extends StackOptions {
  readonly host: string;
  /** The host's name once more. */
  readonly confirm?: string;
}

/** `phiward release`. */
export async function releaseCommand(options: ReleaseOptions): Promise<number> {
  const stack = resolvedStack(options);
  const host = hostOf(stack, options.host, ["application", "vault"]);
  if (options.confirm !== host.name)
    throw new OperatorError(
      `--confirm: found ${options.confirm === undefined ? "nothing" : "another name"}, allowed: ${host.name}; type the host's name to confirm. The host keeps its configuration but is no longer managed`,
      2,
    );
  const { gone } = await withProgress(`${host.name}: releasing`, () =>
    ask(deployTarget(host), { mode: "release" }, releaseAnswer, stack.context.patience),
  );
  print(
    [
      gone.length === 0 ? `${host.name}: already released` : `${host.name}: released; removed: ${gone.join(", ")}`,
      "It keeps its accounts, rules, containers, data, secrets, backups and their timers. npx phiward up puts it back under management.",
      `To remove it from Pulumi's state, remove it from ${stack.context.file} and run pulumi up; a droplet, its volume and its address are protected until pulumi state unprotect.`,
      "",
    ].join("\n"),
  );
  return 0;
}
