/** Where a stack's files and ways in are: a stack of one's own, or the sandbox on this machine. */
import { join } from "node:path";
import { openSandbox, type Sandbox } from "../../sandbox/machines/inventory";
import type { Patience } from "./ssh";
import { setting } from "./stack";

/** The name of the stack that lives on this machine. */
export const SANDBOX_STACK = "sandbox";

/** How the operator's commands reach a stack. */
export interface StackContext {
  /** Its configuration file. */
  readonly file: string;
  /** How its hosts are dialled. */
  readonly patience: Patience;
  /** What is put before a command so that it comes from an address outside the admin networks; empty: from here. */
  readonly outside: readonly string[];
  /** Packets a second of the port scan: what an ordinary line bears without loss, or this machine's own memory. */
  readonly scanRate: number;
}

/** The sandbox's own configuration file: the committed one, with the addresses, keys and networks of this sandbox. */
export function sandboxStackFile(sandbox: Sandbox): string {
  return join(sandbox.dir, "Pulumi.sandbox.yaml");
}

/** Finds a stack. `KEY=` names a private key to use in place of the SSH agent's. */
export function stackContext(stack: string): StackContext {
  const sandbox = stack === SANDBOX_STACK ? openSandbox(setting("SANDBOX") ?? SANDBOX_STACK) : undefined;
  if (sandbox !== undefined) {
    const netns = sandbox.outsiders.at(-1)?.netns;
    return {
      file: sandboxStackFile(sandbox),
      patience: { identity: sandbox.keyFile },
      outside: netns === undefined ? [] : ["nsenter", `--net=/run/netns/${netns}`, "--"],
      scanRate: 30_000,
    };
  }
  const key = setting("KEY");
  return { file: `Pulumi.${stack}.yaml`, patience: key === undefined ? {} : { identity: key }, outside: [], scanRate: 2000 };
}
