/** `node sandbox/start.cjs sandbox-up`: deploys the sandbox once more, as its stack's file says now. */

import { SANDBOX_STACK, sandboxId, stackContext } from "../ops/lib/context";
import { operate } from "../ops/lib/operate";
import { print } from "../ops/lib/terminal";
import { deploy } from "./deploy";
import { openSandbox } from "./machines/inventory";

operate(async () => {
  const sandbox = openSandbox(sandboxId());
  if (sandbox === undefined) throw new Error(`sandbox ${sandboxId()}: found none that is up, allowed: one that make sandbox has made`);
  await deploy(sandbox, stackContext(SANDBOX_STACK), print);
  return 0;
});
