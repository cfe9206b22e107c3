/** The disk of a deployed and verified host, made once in a run of the tests: hosts that start from it are up in seconds. */
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { QUIET } from "../../components/plan/earlyPackages";
import { AGENT_SHA256, generationOf } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import { recipeHash } from "../../sandbox/machines/builds";
import { COMMON_ADMIN } from "../../sandbox/machines/layout";
import { withLock } from "../../sandbox/machines/lock";
import { createSandbox, destroySandbox } from "../../sandbox/machines/sandbox";
import { takeTemplate } from "../../sandbox/machines/template";
import { adminKey, adoptBench, Bench, benchConfig } from "./bench";
import { runDirectory, sandboxId } from "./runDirectory";

/** Returns the template's directory. The first test that needs it makes it, others wait. Throws SandboxUnavailable. */
export async function deployedTemplate(): Promise<string> {
  const run = runDirectory();
  return withLock(run, async () => {
    const directory = join(run, `deployed-${recipe()}`);
    if (!existsSync(directory)) await make(directory);
    return directory;
  });
}

// All that decides what is on it, but for keys: in watch mode a run outlives changes of the code.
function recipe(): string {
  const sample = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzQ3Ksjb5PxAOA0y0DMVYBqLl7W+eFjjhInO9zisQkH";
  const place = { hosts: [{ name: "web", address: "192.0.2.10", hostKey: sample }], ...COMMON_ADMIN, key: sample };
  return recipeHash([AGENT_SHA256, ...QUIET, ...hostPlans(benchConfig(place), "web").map((plan) => generationOf(plan))]);
}

async function make(directory: string): Promise<void> {
  const id = sandboxId("deployed");
  const unfinished = `${directory}.unfinished`;
  try {
    const sandbox = await createSandbox({ id, hosts: ["web"], commonAdmin: true, progress: () => undefined });
    const bench = new Bench(sandbox, benchConfig({ ...sandbox, key: adminKey(sandbox) }));
    await adoptBench(bench);
    // As a deploy brings its own ones, and here those of all that tests are going to deploy.
    await bench.bringPrograms(QUIET);
    await bench.deployAll();
    const failed = (await bench.verify()).filter(({ status }) => status === "fail").map((check) => check.id);
    if (failed.length > 0) throw new Error(`the host that tests start from does not verify: ${failed.join(", ")}`);
    await takeTemplate(sandbox, bench.host, unfinished);
    renameSync(unfinished, directory);
  } finally {
    await destroySandbox(id);
  }
}
