/** `make sandbox-down`: removes the sandbox and all it made on this machine, but for the caches. */
import { sandboxId } from "../ops/lib/context";
import { operate } from "../ops/lib/operate";
import { destroySandbox } from "./machines/sandbox";

operate(async () => {
  await destroySandbox(sandboxId());
  return 0;
});
