/** Services on a bench: deployed by the program's own plans and resources, in its order. */
import { expect, type TestContext } from "vitest";
import { parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";
import { containersModel, upstreamPort } from "../../components/containers/model";
import { databaseResources, serviceResources } from "../../components/containers/services/dockerArguments";
import { handedSecrets } from "../../components/plan/files";
import type { HostPlan } from "../../components/plan/hostPlan";
import { generationOf } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import { ask, verifyAnswer } from "../../ops/lib/agent";
import { sendImages } from "../../ops/lib/images";
import { finishErasing } from "../../ops/lib/serviceData";
import { performTogether, sweepDocker } from "../../sandbox/engine/docker";
import { perform } from "../../sandbox/engine/perform";
import type { Resource } from "../../sandbox/engine/resource";
import { ensureImages } from "../../sandbox/images/images";
import { execInHost } from "../../sandbox/machines/exec";
import { type Bench } from "./bench";

/** How a test's services are asked: soon after their start, and then rarely, as each question starts a process in the container. */
export const HEALTH = { everySeconds: 15, retries: 2, startSeconds: 5 } as const;

const UNITS = ["docker", "secrets", "accounts", "phi", "retire"];

/** A file's bench, with the services running that its first test brings up. */
export function runningServices(useIt: (context: TestContext) => Bench): (context: TestContext) => Promise<Bench> {
  let broughtUp = false;
  return async (context) => {
    const bench = useIt(context);
    if (broughtUp) return bench;
    await bringImages(bench);
    await deployServices(bench, withServices(bench));
    broughtUp = true;
    return bench;
  };
}

/** The plan of a unit of the host `web`. */
export function planOf(config: StackConfig, unit: string) {
  const found = hostPlans(config, "web").find((plan) => plan.unit === unit);
  if (found === undefined) throw new Error(`no unit ${unit}`);
  return found;
}

function resource(bench: Bench, type: string, inputs: object): Resource {
  const sshOpts = JSON.stringify(["-o", `KnownHostsCommand=/bin/echo * ${bench.host.hostKey}`]);
  const provider = { host: `ssh://deploy@${bench.host.address}:22`, sshOpts };
  const name = String(Reflect.get(inputs, "name"));
  return { urn: `urn:${name}`, type: `docker:index/${type}`, name, custom: true, inputs: { ...inputs }, provider };
}

/** Of these values, those that a plan names: what the program hands over beside it. */
export function handedTo(plan: HostPlan, values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(handedSecrets(plan.files).map((name) => [name, values[name] ?? ""]));
}

/** Deploys what services need in the order of the program, by its own plans and resources; returns what changed. */
export async function deployServices(
  bench: Bench,
  config: StackConfig,
  brought: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const changed: string[] = [];
  const unit = async (name: string): Promise<void> => {
    const plan = planOf(config, name);
    if ((await bench.deploy(plan, handedTo(plan, brought))).status === "changed") changed.push(name);
  };
  const make = async (wanted: Resource): Promise<Resource> => {
    const outputs = await perform(wanted, new Set([bench.host.address]), bench.sandbox.keyFile);
    if (String(outputs["stdout"]).includes('"changed"')) changed.push(wanted.name);
    return wanted;
  };
  const { networks, volumes, containers } = databaseResources(containersModel(config));
  await unit("docker");
  await unit("secrets");
  const made: Resource[] = [];
  const quick = [
    ...networks.map((network) => resource(bench, "network:Network", network)),
    ...volumes.map((volume) => resource(bench, "volume:Volume", volume)),
  ];
  const statuses = await performTogether(quick, bench.target(), bench.sandbox.keyFile);
  changed.push(...quick.filter((_, index) => statuses[index] === "changed").map(({ name }) => name));
  made.push(...quick);
  for (const container of containers) made.push(await make(resource(bench, "container:Container", container)));
  await unit("accounts");
  if (config.phi !== undefined) await unit("phi");
  for (const container of serviceResources(containersModel(config)).containers)
    made.push(await make(resource(bench, "container:Container", container)));
  await unit("retire");
  const swept = await sweepDocker(made, bench.target(), bench.sandbox.keyFile);
  await finishErasing(config, [bench.host], bench.patience, (line) => changed.push(line));
  return [...changed, ...swept.map((name) => `${name} removed`)];
}

/** The checks of the services' units that fail. */
export async function failures(bench: Bench, config: StackConfig): Promise<readonly unknown[]> {
  const plans = hostPlans(config, "web").filter(({ unit }) => UNITS.includes(unit));
  const generations = Object.fromEntries(plans.map((plan) => [plan.unit, generationOf(plan)]));
  const { results } = await ask(bench.target(), { mode: "verify", plans, generations, strict: false }, verifyAnswer, bench.patience);
  expect(results.length).toBeGreaterThan(60);
  return results.filter(({ status }) => status === "fail");
}

const images: Record<string, string> = {};

/** Brings the sandbox's images to the bench's host. */
export async function bringImages(bench: Bench): Promise<void> {
  const [host] = bench.config.hosts;
  if (host === undefined) throw new Error("no host");
  const built = await ensureImages(() => undefined);
  for (const { name, id } of built) images[name] = id;
  await sendImages(
    host,
    built.map(({ archive }) => archive),
    bench.patience,
    () => undefined,
  );
}

/** The id of one of the images that were brought. */
export function imageId(name: string): string {
  return images[name] ?? "";
}

/** The bench's configuration with PostgreSQL, Redis and the API. */
export function withServices(
  bench: Bench,
  changes: { readonly epoch?: number; readonly memory?: number; readonly api?: string } = {},
): StackConfig {
  const health = { ...HEALTH, command: ["/usr/bin/node", "/app/health.js"] };
  const uses = ["db", "cache"];
  return parseConfig({
    ...bench.config,
    docker: { limits: "unavailable" },
    services: [
      { kind: "postgres", name: "db", image: images["postgres"], memoryMegabytes: changes.memory ?? 512, epoch: changes.epoch ?? 1 },
      { kind: "redis", name: "cache", image: images["redis"], epoch: changes.epoch ?? 1 },
      {
        kind: "container",
        name: "api",
        image: changes.api ?? images["api"],
        user: "10001:10001",
        port: 8080,
        health,
        uses,
        // Until a test declares patients' columns.
        environment: { NOTES: "plain" },
        secrets: [{ name: "admin-password" }],
      },
    ],
  });
}

/** Whether the API answers on its port of the loopback address. */
export async function answers(bench: Bench, config: StackConfig, api = "api"): Promise<boolean> {
  const url = `http://127.0.0.1:${String(upstreamPort(containersModel(config), api))}/health`;
  return (await execInHost(bench.host, ["curl", "--silent", "--fail", "--max-time", "5", url])).code === 0;
}

/** When each container was started, by its name without the hash. */
export async function startsOf(bench: Bench): Promise<Readonly<Record<string, string>>> {
  const format = "--format={{.Name}} {{.State.StartedAt}}";
  const told = await bench.inside("sh", "-c", `docker inspect '${format}' $(docker ps --quiet)`);
  return Object.fromEntries(
    told
      .trim()
      .split("\n")
      .map((line): [string, string] => {
        const [, name = "", at = ""] = /^\/([a-z]+)\S* (.*)$/.exec(line) ?? [];
        return [name, at];
      }),
  );
}
