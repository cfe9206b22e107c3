/** Runs the program on the sandbox: on Pulumi's engine where it can be had, else on the embedded one. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { StackConfig } from "../components/config/schema";
import { deployWithPulumi } from "../ops/commands/up";
import { type CheckResult, verifyAnswer } from "../ops/lib/agent";
import { type Asked, askHosts, NOT_ASKED, type Verified } from "../ops/lib/askHosts";
import { buildPack } from "../ops/lib/build";
import { localStack, localStackFile, type StackContext } from "../ops/lib/context";
import { readyProject } from "../ops/lib/localProject";
import { runSync } from "../ops/lib/process";
import { searchPath } from "../ops/lib/programs";
import { askPulumi, pulumiVersion } from "../ops/lib/pulumi";
import { ROOT } from "../ops/lib/root";
import { readStack, readStackFile } from "../ops/lib/stack";
import { commandsOf } from "../ops/lib/stale";
import { waiversBeside } from "../policies/waivers/load";
import { type EngineOptions, type EngineResult, up } from "./engine/engine";
import { Journal } from "./engine/journal";
import type { Sandbox } from "./machines/inventory";

const STACK = "sandbox";
// What the program is made of; the stack's file is the sandbox's own, so the project's is never written.
const PROJECT = ["Pulumi.yaml", "index.cjs", "index.ts", "components", "ops", "policies", "node_modules", "package.json", "tsconfig.json"];

/** What a deploy leaves. */
export interface Deployed {
  /** The stack's outputs. */
  readonly outputs: unknown;
  /** Of a host that was asked all its checks, and on which nothing was done since: their results. */
  readonly inside: Verified;
}

/** Deploys the stack of `context`. Throws if it fails; the words are on the terminal then. */
export async function deploy(sandbox: Sandbox, context: StackContext, say: (line: string) => void): Promise<Deployed> {
  const { file, secrets } = context;
  const version = pulumiVersion();
  if (version !== undefined && hasProviders()) {
    say(`engine: pulumi ${version}`);
    return deployOnPulumi(sandbox, context);
  }
  say(`engine: embedded (${version === undefined ? "no pulumi on PATH" : "pulumi lacks the providers"})`);
  const addresses = sandbox.hosts.map(({ address }) => address);
  const config = { ...readStackFile(file), ...(secrets === undefined ? {} : { secrets }) };
  const place = { config, addresses, waivers: waiversBeside(file) };
  const ask = (): Promise<Asked> => askedBefore(readStack(file, { stack: STACK, secrets }), context, say);
  const { result, asked } = await deployEmbedded(sandbox, place, ask, say);
  if (!result.anythingDone) return { outputs: result.outputs, inside: asked.verified };
  const { outputs, lastVerified } = result;
  return { outputs, inside: new Map(lastVerified && [[lastVerified.host, resultsIn(lastVerified.answer)]]) };
}

/**
 * Runs the embedded engine as `make sandbox` does: commands that are as they were are not run again, but those of what `ask` finds to
 * differ on the hosts; it is asked where the sandbox was deployed before. Throws what `up` throws.
 */
export async function deployEmbedded(
  sandbox: Sandbox,
  place: Pick<EngineOptions, "config" | "addresses" | "waivers">,
  ask: () => Promise<Asked>,
  progress: (line: string) => void,
): Promise<{ readonly result: EngineResult; readonly asked: Asked }> {
  const kept = join(sandbox.dir, "journal.json");
  const journal = Journal.read(kept);
  const asked = existsSync(kept) ? await ask() : NOT_ASKED;
  try {
    const options = { ...place, stack: STACK, identity: sandbox.keyFile, progress, journal, again: commandsOf(asked.stale, asked.failing) };
    return { result: await up(options), asked };
  } finally {
    journal.write(kept);
  }
}

function resultsIn(answer: string): readonly CheckResult[] {
  return verifyAnswer.parse(JSON.parse(answer)).results;
}

/** As `phiward up` does first: the hosts note which checks fail, and the units of those are applied with all of their steps. */
export async function askedBefore(config: StackConfig, context: StackContext, say: (line: string) => void): Promise<Asked> {
  const asked = await askHosts(config, context);
  for (const { host, unit, why } of asked.stale) say(`${host}: ${unit} will be applied again: ${why}`);
  return asked;
}

// The providers that the sandbox's stack needs, in the versions of package.json.
const PROVIDERS = ["command", "docker"] as const;

function hasProviders(): boolean {
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
  const { stdout } = runSync(["pulumi", "plugin", "ls", "--json"]);
  // Pulumi takes a provider from PATH too.
  const onPath = (name: string): boolean =>
    searchPath()
      .split(":")
      .some((directory) => existsSync(join(directory, `pulumi-resource-${name}`)));
  return PROVIDERS.filter((name) => !onPath(name) && !new RegExp(`"name":\\s*"${name}"`).test(stdout)).every((name) => {
    const install = ["plugin", "install", "resource", name, dependencies[`@pulumi/${name}`] ?? "", "--non-interactive"];
    return runSync(["pulumi", ...install], { timeout: 60_000 }).status === 0;
  });
}

async function deployOnPulumi(sandbox: Sandbox, { file, secrets = {} }: StackContext): Promise<Deployed> {
  const project = join(sandbox.dir, "project");
  const state = join(sandbox.dir, "state");
  mkdirSync(project, { recursive: true });
  mkdirSync(state, { recursive: true });
  for (const name of PROJECT) if (!existsSync(join(project, name))) symlinkSync(join(ROOT, name), join(project, name));
  // A temporary stack: its passphrase guards nothing that is not on this machine already.
  const pulumi = { project, backend: `file://${state}`, passphrase: sandbox.id };
  readyProject(pulumi, STACK, file);
  // From now on npx phiward preview and up find it too.
  const local = localStackFile(sandbox.id);
  writeFileSync(local, JSON.stringify({ ...localStack.parse(JSON.parse(readFileSync(local, "utf8"))), pulumi }), { mode: 0o600 });
  askPulumi(["stack", "select", "--create", STACK], process.env, project);
  for (const [name, value] of Object.entries(secrets))
    askPulumi(["config", "set", "--secret", "--path", `phiward:secrets.${name}`, "--stack", STACK], process.env, project, value);
  buildPack();
  const { code, verified } = await deployWithPulumi("up", STACK, { cwd: project, yes: true });
  if (code !== 0) throw new Error(`pulumi up ended with exit code ${String(code)}`);
  const outputs: unknown = JSON.parse(askPulumi(["stack", "output", "--json", "--show-secrets"], process.env, project));
  return { outputs, inside: verified };
}
