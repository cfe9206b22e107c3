/** Deploys the example of docs/applications.md to a sandbox, as `make sandbox` does with its own, and prints how long each step took. */
import { anyFailed, resultTable } from "../../ops/commands/verify";
import { operate } from "../../ops/lib/operate";
import { print } from "../../ops/lib/terminal";
import { ensureReceiver } from "../../sandbox/alerts";
import { bringUp } from "../../sandbox/bringUp";
import { CLINIC } from "./clinic";

operate(async () => {
  const start = performance.now();
  const say = (line: string): void => {
    print(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const { results } = await bringUp(CLINIC, say, ensureReceiver);
  print(`\n${resultTable(results)}`);
  return anyFailed(results) ? 1 : 0;
});
