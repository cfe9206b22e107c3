/**
 * `phiward preview` and `phiward up`: the stack's configuration is evaluated first, with its own exit code, then Pulumi runs with
 * the policy pack. Before an `up`, each host is asked what it holds: units that were rolled back or have drifted are applied again.
 * What is about to change is said once, by the same preview, before it asks.
 */

import { hostDuties } from "../../components/config/duties";
import type { StackConfig } from "../../components/config/schema";
import { missingFirstHostKeys } from "../../components/pulumi/droplet/firstHostKey";
import type { CheckResult } from "../lib/agent";
import { askHosts, type Verified, whereUnchanged } from "../lib/askHosts";
import { requireCloudToken } from "../lib/cloudToken";
import type { StackOptions } from "../lib/command";
import {
  type DockerObject,
  dockerObjects,
  dockerRepairs,
  removeLeftovers,
  unhealthyMessages,
  unknownObjects,
  without,
  withoutVolumeProtection,
} from "../lib/containers";
import { SANDBOX_STACK, type StackContext, stackContext } from "../lib/context";
import { OperatorError } from "../lib/errors";
import { dropletsWithFirstKey } from "../lib/firstKey";
import { type HostAddress, resolveHosts, stackOutputs } from "../lib/hosts";
import { requireKeyFile } from "../lib/keyFile";
import { readyProject } from "../lib/localProject";
import { pendingCommands, requireNothingLeftInCloud } from "../lib/pending";
import { policyConfigOption } from "../lib/policyConfig";
import { withProgress } from "../lib/progress";
import { askPulumi, requirePulumi, runPulumi, withSshAgent } from "../lib/pulumi";
import { CONFIG_FAULT } from "../lib/pulumiYaml";
import { finishRemovals } from "../lib/removals";
import { requireFormerNames } from "../lib/renamedHosts";
import { requireOneService } from "../lib/renamedServices";
import { watchingRestarts } from "../lib/restarts";
import { finishErasing, requireDataDeclared } from "../lib/serviceData";
import { readStack } from "../lib/stack";
import { type StackState, stackState } from "../lib/stackState";
import { changedBehindPulumi, replacements } from "../lib/stale";
import { print, warn } from "../lib/terminal";
import { namesInState, replaceTarget } from "../lib/tree";
import { askWhetherToDeploy, previewForUp, printPreview } from "./preview";

/** How a deploy, or its preview, goes about it. */
export interface DeployOptions {
  /** Directory of the project; the working directory without it. */
  readonly cwd?: string;
  /** Private key to use in place of the SSH agent's. */
  readonly key?: string;
  /** Goes ahead without asking. */
  readonly yes?: boolean;
  /** Whether containers and networks that Pulumi's state does not have are replaced. */
  readonly takeOver?: boolean;
  /** Whether a preview is Pulumi's own, with every line that would change. */
  readonly diff?: boolean;
}

/** How a deploy, or its preview, ended. */
export interface Deploy {
  readonly code: number;
  /** By host, the results of all checks, where they passed and the deploy changed nothing: no host is asked again for it. */
  readonly verified: Verified;
}

/** Runs `pulumi preview` or `pulumi up` on a stack. */
export async function deployWithPulumi(
  verb: "preview" | "up",
  stack: string,
  { cwd, key, yes = false, diff = false, takeOver = false }: DeployOptions = {},
): Promise<Deploy> {
  const context = stackContext(stack, key);
  const config = readStack(context.file, { stack, cwd });
  requireKeyFile(key);
  if (verb === "up" && !yes && !process.stdin.isTTY)
    throw new OperatorError(
      "--yes: found neither it nor a terminal to ask at, allowed: up --yes, which goes ahead without asking; look at npx phiward preview first",
      2,
    );
  requirePulumi();
  // The engine starts the file itself, without a runner that loads a compiler.
  const pack = ["--policy-pack", "policies/pack.cjs", ...policyConfigOption(context.file), "--stack", stack];
  if (verb === "preview")
    return ended(
      diff ? await runPulumi(["preview", "--diff", ...pack], process.env, cwd) : (await printPreview(pack, process.env, cwd)).code,
    );
  const missing = missingFirstHostKeys(config);
  if (missing.length > 0) throw new OperatorError(missing.map((fault) => `${context.file}: ${fault}`).join("\n"), CONFIG_FAULT);
  await requireCloudToken(config, context.file);
  return withSshAgent(context.patience.identity, async (environment) => {
    const state = stackState((words, input) => askPulumi([...words, "--stack", stack], environment, cwd, input));
    requireNothingLeftInCloud(state.exported, stack);
    requireFormerNames(config, state.exported);
    // A droplet that is not there yet has nothing to be asked.
    const { reachable } = resolveHosts(config, stackOutputs(config, stack, environment, cwd));
    const recreated = await dropletsWithFirstKey(config, state.exported);
    const asked = reachable.filter(({ name }) => !recreated.some(({ host }) => host === name));
    const answers = await withProgress("asking the hosts what changed behind Pulumi's back", () => askHosts(config, context, asked));
    const stale = [...recreated, ...changedBehindPulumi(config, answers.stale, state.exported)];
    await requireDataDeclared(config, asked, context.patience, print);
    for (const { host, unit, why } of stale) print(`${host}: ${unit} will be applied again, which Pulumi shows as replaced: ${why}`);
    const repaired = await repairDocker(config, context, asked, state, takeOver);
    for (const host of answers.failing) print(`${host}: it is as declared, and a check fails: it is asked again at the end`);
    const again = [...replacements(config, stale, state.exported, [...repaired.hosts, ...answers.failing]), ...repaired.replace];
    // What is to be replaced was found in the state as it was read.
    state.requireUnmoved();
    const deploy = [...pack, ...again.flatMap((urn) => ["--replace", replaceTarget(config, urn)])];
    const previewed = await previewForUp(deploy, environment, cwd, yes ? undefined : askWhetherToDeploy);
    if (previewed.code !== 0) return ended(previewed.code);
    state.requireUnmoved();
    const words = ["up", "--yes", "--skip-preview", ...deploy];
    const code = await watchingRestarts(config, asked, context.patience, warn, () => runPulumi(words, environment, cwd));
    if (code !== 0) {
      await reportUnhealthy(config, context, asked);
      return ended(code);
    }
    const finished: string[] = [];
    const say = (line: string): void => {
      finished.push(line);
      print(line);
    };
    await finishRemovals(config, asked, context.patience, say);
    await finishErasing(config, asked, context.patience, say);
    const { isTouched } = state;
    const since = { allSame: previewed.allSame, replaced: again.length, repaired: repaired.isAny, finished, isTouched };
    const verified = whereUnchanged(answers, since);
    for (const [host, results] of verified) print(unchangedText(host, results));
    return { code, verified };
  });
}

function ended(code: number): Deploy {
  return { code, verified: new Map() };
}

function unchangedText(host: string, results: readonly CheckResult[]): string {
  const count = (wanted: CheckResult["status"]): string => String(results.filter(({ status }) => status === wanted).length);
  return `${host}: nothing changed; of its checks ${count("pass")} pass, ${count("fail")} fail and are accepted, ${count("skipped")} are skipped`;
}

/**
 * Brings Pulumi's state in line with what the hosts' Docker holds, which may have changed behind its back. Returns the hosts that it
 * did something for, the URNs of what Pulumi must recreate, and whether it did anything at all. Where the hosts run what the state does not have, it is an OperatorError
 * and nothing is changed, unless `takeOver`: then that is stopped and removed, and Pulumi creates it again.
 */
export async function repairDocker(
  config: StackConfig,
  context: Pick<StackContext, "patience">,
  hosts: readonly HostAddress[],
  { exported, replace: keep }: StackState,
  takeOver: boolean,
): Promise<{ readonly hosts: readonly string[]; readonly replace: readonly string[]; readonly isAny: boolean }> {
  const found = await Promise.all(
    hosts
      .filter(({ name }) => hostDuties(config, name).services)
      .map(async (host) => {
        const objects = await dockerObjects(host, context.patience);
        requireOneService(config, host.name, objects ?? []);
        const repairs = dockerRepairs(namesInState(config, host.name), exported, objects ?? []);
        return { host, repairs, unknown: unknownObjects(config, host.name, exported, objects ?? []), isKnown: objects !== undefined };
      }),
  );
  const unknown = found.filter((host) => host.unknown.length > 0);
  if (!takeOver) requireKnown(unknown);
  const repairs = found.filter(({ isKnown }) => isKnown);
  const forget = repairs.flatMap(({ repairs: todo }) => todo.forget);
  const commands = pendingCommands(exported);
  const settled = [...commands, ...repairs.flatMap(({ repairs: todo }) => todo.settled)];
  // Pulumi takes no state while a deploy is under way: what looks half made is, then, nobody's work any more.
  if (settled.length + unknown.length > 0) keep(exported);
  for (const urn of commands)
    print(`${lastOf(urn)}: an earlier deploy was ended while it ran; the host was asked, and it runs again where needed`);
  for (const { host, unknown: objects } of unknown) {
    print(`${host.name}: stopping and removing what Pulumi's state does not have, to be created again: ${namesOf(objects)}`);
    await removeLeftovers(host, objects, context.patience, "stop");
  }
  for (const { host, repairs: todo } of repairs) {
    await removeLeftovers(host, todo.leftovers, context.patience);
    const say = (what: string, why: string): void => {
      print(`${host.name}: ${what}: ${why}`);
    };
    for (const { name } of todo.leftovers) say(name, "removed: left over from an interrupted deploy");
    for (const urn of todo.forget)
      say(
        lastOf(urn),
        urn.includes("index/volume:Volume::")
          ? "missing on the host; will be recreated empty. Run npx phiward restore to recover its data"
          : "missing on the host; will be recreated",
      );
    for (const urn of todo.replace) say(lastOf(urn), "not running, or cut off from a network that is missing; will be replaced");
  }
  const released = withoutVolumeProtection(exported);
  if (forget.length + settled.length > 0 || released !== exported) keep(without(released, { forget, settled }));
  return {
    hosts: repairs.flatMap(({ host, repairs: todo }) => (todo.forget.length + todo.replace.length > 0 ? [host.name] : [])),
    replace: repairs.flatMap(({ repairs: { replace } }) => replace),
    isAny:
      settled.length + unknown.length > 0 ||
      repairs.some(({ repairs: { leftovers, forget, replace } }) => leftovers.length + forget.length + replace.length > 0),
  };
}

// Whoever is logged in to another backend by mistake would take down what runs.
function requireKnown(found: readonly { readonly host: HostAddress; readonly unknown: readonly DockerObject[] }[]): void {
  if (found.length === 0) return;
  throw new OperatorError(
    [
      ...found.map(({ host, unknown }) => `${host.name}: it runs what Pulumi's state does not have: ${namesOf(unknown)}`),
      "Nothing was changed. Is this the right backend (pulumi whoami --verbose)? If the state was lost or is an older copy, run npx phiward up --take-over: these containers and networks are stopped and created again, their volumes and data stay; services are away until that deploy reaches them",
    ].join("\n"),
    2,
  );
}

function namesOf(objects: readonly DockerObject[]): string {
  return objects.map(({ name }) => name).join(", ");
}

async function reportUnhealthy(config: StackConfig, context: StackContext, hosts: readonly HostAddress[]): Promise<void> {
  for (const host of hosts) {
    const objects = await dockerObjects(host, context.patience);
    for (const words of unhealthyMessages(config, host.name, objects ?? [])) warn(words);
  }
}

function lastOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

/** Options of `phiward preview` and `phiward up`. */
export type UpOptions = StackOptions & Pick<DeployOptions, "yes" | "diff" | "takeOver">;

/** `phiward preview` and `phiward up`. */
export async function deployCommand(verb: "preview" | "up", { stack, ...options }: UpOptions): Promise<number> {
  if (stack !== SANDBOX_STACK) return (await deployWithPulumi(verb, stack, options)).code;
  const { file, pulumi } = stackContext(stack);
  if (pulumi === undefined)
    throw new OperatorError("--stack: found sandbox, allowed: a stack of your own; make sandbox deploys the sandbox", 2);
  readyProject(pulumi, stack, file);
  return (await deployWithPulumi(verb, stack, { ...options, cwd: pulumi.project })).code;
}
