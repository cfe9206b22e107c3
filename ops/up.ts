/**
 * `make preview` and `make up`: the stack's configuration is judged first, with an exit code of its own, then Pulumi runs with
 * the policy pack. Before an `up`, each host is asked what it holds: units that were rolled back or have drifted are applied again.
 */
import { z } from "zod";
import type { StackConfig } from "../components/config";
import { missingFirstHostKeys } from "../components/droplet/firstHostKey";
import { generationOf } from "../components/host/envelope";
import { hostDuties, hostPlans } from "../components/plans";
import { ask, statusAnswer } from "./agent";
import { dockerObjects, dockerRepairs, removeLeftovers, unwellWords, without } from "./containers";
import { SANDBOX_STACK, type StackContext, stackContext } from "./context";
import { unkeyedDroplets } from "./firstKey";
import { type PlacedHost, placedHosts, places, stackOutputs } from "./places";
import { askPulumi, requirePulumi, runPulumi, withSshAgent } from "./pulumi";
import { deployTarget } from "./ssh";
import { CONFIG_FAULT, isMain, OperatorError, operate, readStack, setting } from "./stack";

/** A unit whose host is not as the configuration says. */
export interface Stale {
  readonly host: string;
  readonly unit: string;
  /** What is wrong, for the operator. */
  readonly why: string;
}

/** Asks every host which of its units are not as declared. A host that cannot be asked is an OperatorError. */
export async function staleUnits(
  config: StackConfig,
  context: StackContext,
  hosts: readonly PlacedHost[] = placedHosts(config),
): Promise<readonly Stale[]> {
  const found = await Promise.all(
    hosts.map(async ({ name, address, hostKey }) => {
      const plans = hostPlans(config, name);
      const { units } = await ask(
        deployTarget({ address, hostKey }),
        { mode: "status", plans, secrets: {} },
        statusAnswer,
        context.patience,
      ).catch((error: unknown) => {
        if (error instanceof OperatorError)
          throw new OperatorError(
            `${error.message}\n${name}: cannot be asked what it holds. A new server needs make adopt HOST=${name} first; one that was just cut off comes back by itself within ${String(config.deadMan.seconds)} s`,
            2,
          );
        throw error;
      });
      return plans.flatMap((plan): Stale[] => {
        const wanted = generationOf(plan);
        const unit = units[plan.unit];
        if (unit === undefined) return [];
        if (unit.waits) return [{ host: name, unit: plan.unit, why: "its last change was not confirmed" }];
        if (unit.rolledBack === wanted) return [{ host: name, unit: plan.unit, why: "its last change was rolled back" }];
        if (unit.generation !== wanted) return [{ host: name, unit: plan.unit, why: "it holds another generation" }];
        return unit.drift.length > 0 ? [{ host: name, unit: plan.unit, why: `it has drifted: ${unit.drift.join(", ")}` }] : [];
      });
    }),
  );
  return found.flat();
}

const deployment = z.object({ deployment: z.object({ resources: z.array(z.object({ urn: z.string() })).nullish() }).nullish() });

/** The commands of stale units that Pulumi's state already has: their inputs are as they were, so Pulumi must be told to run them again. */
export function replacements(stale: readonly Stale[], exported: unknown): readonly string[] {
  const urns = (deployment.parse(exported).deployment?.resources ?? []).map(({ urn }) => urn);
  // The host is asked all its checks again, too.
  const names = new Set(stale.flatMap(({ host, unit }) => [`${host}-${unit}-apply`, `${host}-${unit}-confirm`, `${host}-verify`]));
  return urns.filter(
    (urn) => urn.split("::").at(-2)?.endsWith("command:remote:Command") === true && names.has(urn.split("::").at(-1) ?? ""),
  );
}

/** Runs `pulumi preview` or `pulumi up` on a stack; returns the exit code. */
export async function deployWithPulumi(verb: "preview" | "up", stack: string, cwd?: string): Promise<number> {
  const context = stackContext(stack);
  const config = readStack(context.file);
  requirePulumi();
  const pack = ["--policy-pack", "policies", "--stack", stack];
  if (verb === "preview") return runPulumi(["preview", "--diff", ...pack], process.env, cwd);
  const missing = missingFirstHostKeys(config);
  if (missing.length > 0) throw new OperatorError(missing.map((fault) => `${context.file}: ${fault}`).join("\n"), CONFIG_FAULT);
  return withSshAgent(context.patience.identity, async (environment) => {
    const exported: unknown = JSON.parse(askPulumi(["stack", "export", "--stack", stack], environment, cwd));
    // A droplet that is not there yet has nothing to be asked.
    const { placed } = places(config, stackOutputs(config, stack, environment, cwd));
    const reborn = await unkeyedDroplets(config, exported);
    const asked = placed.filter(({ name }) => !reborn.some(({ host }) => host === name));
    const stale = [...reborn, ...(await staleUnits(config, context, asked))];
    for (const { host, unit, why } of stale) process.stdout.write(`${host}: ${unit} will be applied again: ${why}\n`);
    const repaired = await repairDocker(config, context, asked, exported, (state) => {
      askPulumi(["stack", "import", "--stack", stack], environment, cwd, JSON.stringify(state));
    });
    const again = [...replacements([...stale, ...repaired.stale], exported), ...repaired.replace];
    const code = await runPulumi(["up", ...pack, ...again.flatMap((urn) => ["--replace", urn])], environment, cwd);
    if (code !== 0) await tellUnwell(config, context, asked);
    return code;
  });
}

/** Brings Pulumi's state in line with what the hosts' Docker holds, which may have changed behind its back. */
async function repairDocker(
  config: StackConfig,
  context: StackContext,
  hosts: readonly PlacedHost[],
  exported: unknown,
  keep: (state: unknown) => void,
): Promise<{ readonly stale: readonly Stale[]; readonly replace: readonly string[] }> {
  const found = await Promise.all(
    hosts
      .filter(({ name }) => hostDuties(config, name).services)
      .map(async (host) => {
        const objects = await dockerObjects(host, context.patience);
        return { host, repairs: dockerRepairs(host.name, exported, objects ?? []), isKnown: objects !== undefined };
      }),
  );
  const repairs = found.filter(({ isKnown }) => isKnown);
  const forget = repairs.flatMap(({ repairs: todo }) => todo.forget);
  const settled = repairs.flatMap(({ repairs: todo }) => todo.settled);
  // Pulumi takes no state while a deploy is under way: what looks half made is, then, nobody's work any more.
  if (settled.length > 0) keep(exported);
  for (const { host, repairs: todo } of repairs) {
    await removeLeftovers(host, todo.leftovers, context.patience);
    const say = (what: string, why: string) => process.stdout.write(`${host.name}: ${what}: ${why}\n`);
    for (const { name } of todo.leftovers) say(name, "removed, since a deploy was cut off while it was made");
    for (const urn of todo.forget)
      say(
        lastOf(urn),
        urn.includes("index/volume:Volume::")
          ? "will be made anew and empty, since the host has it no more; make restore brings its data back"
          : "will be made anew, since the host has it no more",
      );
    for (const urn of todo.replace) say(lastOf(urn), "will be made anew, since it does not run");
  }
  if (forget.length + settled.length > 0) keep(without(exported, { forget, settled }));
  return {
    // The host is asked all its checks again.
    stale: repairs.flatMap(({ host: { name }, repairs: { forget: gone, replace } }) =>
      gone.length + replace.length > 0 ? [{ host: name, unit: "", why: "" }] : [],
    ),
    replace: repairs.flatMap(({ repairs: { replace } }) => replace),
  };
}

async function tellUnwell(config: StackConfig, context: StackContext, hosts: readonly PlacedHost[]): Promise<void> {
  for (const host of hosts) {
    const objects = await dockerObjects(host, context.patience);
    for (const words of unwellWords(config, host.name, objects ?? [])) process.stderr.write(`${words}\n`);
  }
}

function lastOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

if (isMain(__filename))
  operate(() => {
    const verb = process.argv[2];
    if (verb !== "preview" && verb !== "up") throw new OperatorError("usage: make preview or make up, with STACK=name", 2);
    const stack = setting("STACK") ?? "prod";
    if (stack === SANDBOX_STACK)
      throw new OperatorError("STACK=sandbox: the sandbox is deployed by make sandbox, on Pulumi's engine where there is one", 2);
    return deployWithPulumi(verb, stack);
  });
