/**
 * `make preview` and `make up`: the stack's configuration is judged first, with an exit code of its own, then Pulumi runs with
 * the policy pack. Before an `up`, each host is asked what it holds: units that were rolled back or have drifted are applied again.
 */
import { z } from "zod";
import type { StackConfig } from "../components/config";
import { missingFirstHostKeys } from "../components/droplet/firstHostKey";
import { envelope } from "../components/host/envelope";
import { DEPLOY_USER, SSH_PORT } from "../components/host/place";
import { hostPlans } from "../components/plans";
import { ask, statusAnswer } from "./agent";
import { SANDBOX_STACK, type StackContext, stackContext } from "./context";
import { unkeyedDroplets } from "./firstKey";
import { type PlacedHost, placedHosts, places, stackOutputs } from "./places";
import { askPulumi, requirePulumi, runPulumi, withSshAgent } from "./pulumi";
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
      const target = { address, port: SSH_PORT, user: DEPLOY_USER, hostKey };
      const { units } = await ask(target, { mode: "status", plans, secrets: {} }, statusAnswer, context.patience).catch(
        (error: unknown) => {
          if (error instanceof OperatorError)
            throw new OperatorError(
              `${error.message}\n${name}: cannot be asked what it holds. A new server needs make adopt HOST=${name} first; one that was just cut off comes back by itself within ${String(config.deadMan.seconds)} s`,
              2,
            );
          throw error;
        },
      );
      return plans.flatMap((plan): Stale[] => {
        const wanted = envelope({ mode: "apply", plan, secrets: {} }).sha256;
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
    const again = replacements(stale, exported);
    return runPulumi(["up", ...pack, ...again.flatMap((urn) => ["--replace", urn])], environment, cwd);
  });
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
