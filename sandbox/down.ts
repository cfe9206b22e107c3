/** `make sandbox-down`: removes the sandbox and all it made on this machine, but for the caches. */
import { operate, setting } from "../ops/lib/stack";
import { destroySandbox } from "./machines/sandbox";

operate(async () => {
  await destroySandbox(setting("SANDBOX") ?? "sandbox");
  return 0;
});
