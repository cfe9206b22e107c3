/** How a test file comes to hosts of its own. */
import { afterAll, beforeAll, type TestContext } from "vitest";
import { SandboxUnavailable } from "../../sandbox/machines/errors";
import type { Sandbox, SandboxHost } from "../../sandbox/machines/inventory";
import { createSandbox, destroySandbox } from "../../sandbox/machines/sandbox";
import { adminKey, adoptBench, Bench, benchConfig } from "./bench";
import { deployedTemplate } from "./deployed";
import { sandboxId } from "./runDirectory";

/** What a bench is made with. */
export type BenchOptions = {
  readonly outsiders?: number;
  /** How many hosts there are, all alike: each has a bench of its own. Default one. */
  readonly hosts?: number;
} & (
  | {
      /** All units are deployed and verified, with the configuration that is the same for all tests. The default. */
      readonly state?: "deployed";
    }
  | {
      readonly state: "fresh" | "adopted";
      /** Changes to the configuration. */
      readonly config?: Readonly<Record<string, unknown>>;
    }
);

/**
 * Gives the tests of a file benches of their own, the first by default, and removes them afterwards, also when they fail. Where
 * this machine cannot run hosts every test is skipped, with the reason.
 */
export function useBench(options: BenchOptions = {}): (context: TestContext, index?: number) => Bench {
  const id = sandboxId("test");
  let benches: readonly Bench[] = [];
  let reason = "the bench could not be made";
  beforeAll(async () => {
    try {
      const sandbox = await makeSandbox(id, options);
      benches = sandbox.hosts.map((host) => benchOf(sandbox, host, options));
    } catch (error) {
      if (!(error instanceof SandboxUnavailable)) throw error;
      reason = error.message;
      return;
    }
    if (options.state === undefined || options.state === "deployed") await Promise.all(benches.map(takeBaseline));
    if (options.state === "adopted") await Promise.all(benches.map(adoptBench));
  });
  afterAll(async () => {
    await destroySandbox(id);
  });
  return (context, index = 0) => benches[index] ?? context.skip(reason);
}

// All are copies of one host: their addresses and names are in the files of each, and not in the baseline that was copied too.
async function takeBaseline(bench: Bench): Promise<void> {
  await bench.inside("rm", "/var/lib/phiward/integrity/baseline.json");
  await bench.inside("python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "integrity", "begin");
}

async function makeSandbox(id: string, { outsiders = 0, hosts = 1, state = "deployed" }: BenchOptions): Promise<Sandbox> {
  const names = Array.from({ length: hosts }, (_, index) => (index === 0 ? "web" : `web${String(index + 1)}`));
  const beneath = state === "deployed" ? { template: await deployedTemplate(), commonAdmin: true } : {};
  return createSandbox({ id, hosts: names, outsiders, progress: () => undefined, ...beneath });
}

// Each is the only host of its configuration, and called alike there.
function benchOf(sandbox: Sandbox, host: SandboxHost, options: BenchOptions): Bench {
  const own = { ...sandbox, hosts: [{ ...host, name: "web" }] };
  return new Bench(own, benchConfig({ ...own, key: adminKey(own) }, "config" in options ? options.config : {}));
}
