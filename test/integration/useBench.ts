/** How a test file comes to hosts of its own. */
import type { TestContext } from "vitest";
import type { Sandbox, SandboxHost } from "../../sandbox/machines/inventory";
import { createSandbox } from "../../sandbox/machines/sandbox";
import { adminKey, adoptBench, Bench, benchConfig } from "./bench";
import { deployedTemplate } from "./deployed";
import { useHosts } from "./useHosts";

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

/** Gives the tests of a file benches of their own, the first by default, as `useHosts` does. */
export function useBench(options: BenchOptions = {}): (context: TestContext, index?: number) => Bench {
  const useThem = useHosts("test", {
    hosts: (id) => makeSandbox(id, options),
    make: (sandbox) => sandbox.hosts.map((host) => benchOf(sandbox, host, options)),
    begin: async (benches) => {
      if (options.state === undefined || options.state === "deployed") await Promise.all(benches.map(becomeItself));
      if (options.state === "adopted") await Promise.all(benches.map(adoptBench));
    },
  });
  return (context, index = 0) => {
    const bench = useThem(context)[index];
    if (bench === undefined) throw new Error(`no bench ${String(index)}`);
    return bench;
  };
}

// All are copies of one host: their addresses and names are in the files of each, and not in what was copied, which is the list of
// addresses that nobody blocks, and the baseline.
async function becomeItself(bench: Bench): Promise<void> {
  await bench.deploy(bench.plan("containment"));
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
