/**
 * The embedded engine: the same program, unmodified, under Pulumi's own test monitor, where no Pulumi CLI can be had. It is
 * for temporary hosts: it deletes nothing but containers that the program no longer has, and reaches no host but the sandbox's own. Its
 * state is what its caller keeps of a run's journal.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../components/config/faults";
import { hostAddresses } from "../../ops/lib/hosts";
import { finishRemovals } from "../../ops/lib/removals";
import { ROOT } from "../../ops/lib/root";
import { finishErasing } from "../../ops/lib/serviceData";
import { deployTarget } from "../../ops/lib/ssh";
import { ALL_RULES, RULES } from "../../policies/all";
import { analyze, type Diagnostic } from "../../policies/engine/analyze";
import { toPolicies } from "../../policies/engine/toPolicies";
import { runProgram } from "../../policies/program/run";
import { unwrapAll } from "../../policies/program/unwrap";
import { NO_WAIVERS } from "../../policies/waivers/file";
import { loadWaivers } from "../../policies/waivers/load";
import { packWaivers } from "../../policies/waivers/pack";
import { faultOfRule } from "../../policies/waivers/rules";
import { utcDay } from "../../policies/waivers/schema";
import { DOCKER_PROVIDER, isOfDocker, sweepDocker } from "./docker";
import { Journal } from "./journal";
import { dockerTarget, perform } from "./perform";
import { type Resource, ResourceFailed } from "./resource";

/** What one run needs to know. */
export interface EngineOptions {
  readonly stack: string;
  /** The stack's configuration: key without namespace to value. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Addresses that may be touched. */
  readonly addresses: readonly string[];
  /** Private key file to connect with. */
  readonly identity: string;
  readonly progress: (line: string) => void;
  /** The file of the stack's waivers; none: nothing is accepted. */
  readonly waivers?: string;
  /** What earlier runs did, which this one adds to; none: each command is run. */
  readonly journal?: Journal;
  /** Names of commands that are run although they are as they were. */
  readonly again?: ReadonlySet<string>;
}

/** What was done of a resource. */
export interface Performed {
  readonly name: string;
  /** The agent's word; `done` for what has none; `unchanged` also for a command that was not run, since it is as it was. */
  readonly status: string;
  readonly seconds: number;
}

/** How a run ended: the stack's outputs, and each resource's time in seconds. */
export interface EngineResult {
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly performed: readonly Performed[];
  /** The host that was asked all its checks last, where nothing was done on any host since, and what its agent answered. */
  readonly lastVerified?: { readonly host: string; readonly answer: string };
  /** Whether this run may have changed a host: a command was run, whatever it answered, or Docker's resources are not what they were. */
  readonly anythingDone: boolean;
}

/** A plan that the policies refuse: nothing was touched. */
export class PolicyRefusal extends Error {
  override name = "PolicyRefusal";
  constructor(readonly violations: readonly Diagnostic[]) {
    super(violations.map(({ urn, policy, message }) => `${urn.split("::").at(-1) ?? urn}: ${policy}: ${message}`).join("\n"));
  }
}

const PROJECT = "phiward";

/** Previews, judges the preview by the policy pack, and only then applies. Throws PolicyRefusal or ResourceFailed. */
export async function up(options: EngineOptions): Promise<EngineResult> {
  const { journal = new Journal(), again = new Set() } = options;
  const planned = await runProgram(
    { directory: ROOT, project: PROJECT, stack: options.stack, config: texts(options.config), secretKeys: [`${PROJECT}:secrets`] },
    load,
  );
  options.progress(`preview: ${String(planned.registrations.length)} resources`);
  const diagnostics = await judged(planned.registrations, options.waivers);
  for (const { policy, message, level } of diagnostics.filter((entry) => entry.level !== "mandatory"))
    options.progress(`policy ${policy} (${level}): ${message}`);
  const violations = diagnostics.filter((entry) => entry.level === "mandatory");
  if (violations.length > 0) throw new PolicyRefusal(violations);
  options.progress("policies: no violation");

  const performed: Performed[] = [];
  let last: { readonly name: string; readonly answer: unknown } | undefined;
  const done: string[] = [];
  const allowed = new Set(options.addresses);
  const applied = await run(options, async (resource) => {
    if (!resource.custom || resource.type === DOCKER_PROVIDER) return {};
    const start = performance.now();
    const earlier = again.has(resource.name) ? undefined : journal.outputsOf(resource);
    const outputs = earlier ?? (await journal.kept(resource, () => perform(resource, allowed, options.identity)));
    const seconds = (performance.now() - start) / 1000;
    const status = earlier === undefined ? statusOf(outputs["stdout"]) : "unchanged";
    performed.push({ name: resource.name, status, seconds });
    if (earlier === undefined) last = { name: resource.name, answer: outputs["stdout"] };
    if (earlier === undefined && mayHaveChanged(resource, status)) done.push(resource.name);
    options.progress(`${resource.name.padEnd(24)} ${status.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s`);
    return outputs;
  });
  journal.keepOnly(new Set(applied.resources.map(({ urn }) => urn)));
  const swept: string[] = [];
  const progress = (line: string): void => {
    swept.push(line);
    options.progress(line);
  };
  await sweep(applied.resources, { ...options, progress });
  const asAtEnd = swept.length === 0 ? lastVerified(last) : {};
  return { outputs: applied.outputs, performed, anythingDone: done.length + swept.length > 0, ...asAtEnd };
}

/** Whether a resource that was carried out may have changed its host: of all that runs, only Docker's requests say that they did not. */
export function mayHaveChanged({ type }: Pick<Resource, "type">, status: string): boolean {
  return !(isOfDocker(type) && status === "unchanged");
}

/** What the pack says in Pulumi's engine: with the waivers, and with what is wrong with them. */
function judged(registrations: Parameters<typeof analyze>[0], file: string | undefined): Promise<readonly Diagnostic[]> {
  const terms = { today: utcDay(new Date()), faultOfRule: faultOfRule({ rules: ALL_RULES }) };
  const { accept, policy } = packWaivers(() => (file === undefined ? NO_WAIVERS : loadWaivers(file, terms)));
  return analyze(registrations, RULES, (rules) => [...toPolicies(rules, accept), ...(rules.stackRules.length > 0 ? [policy] : [])]);
}

function lastVerified(last: { readonly name: string; readonly answer: unknown } | undefined): Pick<EngineResult, "lastVerified"> {
  const host = /^(.+)-verify$/.exec(last?.name ?? "")?.[1];
  return host === undefined || typeof last?.answer !== "string" ? {} : { lastVerified: { host, answer: last.answer } };
}

// As Pulumi deletes: last of all, when everything that replaces it is there. A host may have lost its last container.
async function sweep(resources: readonly Resource[], { addresses, config, identity, progress }: EngineOptions): Promise<void> {
  const stack = parseConfig(config);
  const hosts = hostAddresses(stack).filter(({ address }) => addresses.includes(address));
  for (const host of hosts) {
    const ofHost = resources.filter((resource) => isOfDocker(resource.type) && dockerTarget(resource).address === host.address);
    for (const name of await sweepDocker(ofHost, deployTarget(host), identity)) progress(`${name.padEnd(24)} removed`);
  }
  await finishRemovals(stack, hosts, { identity }, progress);
  await finishErasing(stack, hosts, { identity }, progress);
}

type Handler = (resource: Resource) => Promise<Record<string, unknown>>;

// Under the test monitor a resource that fails rejects a promise that nobody awaits, which would end the process: the first
// fault is kept, what follows is not begun, and the program is waited for.
async function run(options: EngineOptions, handle: Handler): Promise<{ resources: Resource[]; outputs: Record<string, unknown> }> {
  const resources: Resource[] = [];
  const providers = new Map<string, Resource["inputs"]>();
  let fault: Error | undefined;
  const { promise: faulted, reject } = Promise.withResolvers<never>();
  faulted.catch(() => undefined);
  const caught = (error: unknown): void => {
    fault ??= error instanceof Error ? error : new Error(String(error));
    reject(fault);
  };
  process.on("unhandledRejection", caught);
  process.on("uncaughtException", caught);
  try {
    await pulumi.runtime.setMocks(
      {
        call: ({ token }) => {
          throw new ResourceFailed(`${token}: the embedded engine answers no provider functions`);
        },
        newResource: async (registered) => {
          const { type, name, custom } = registered;
          // A map, as every resource's inputs are; the SDK calls it any.
          const inputs = registered.inputs as Record<string, unknown>;
          const resource: Resource = {
            urn: `urn:pulumi:${options.stack}::${PROJECT}::${type}::${name}`,
            type,
            name,
            custom: custom === true,
            inputs: unwrapAll(inputs),
            ...providerOf(registered.provider, providers),
          };
          resources.push(resource);
          if (type === DOCKER_PROVIDER) providers.set(name, resource.inputs);
          if (fault !== undefined) throw new ResourceFailed("not begun, since another resource failed");
          try {
            return { id: resource.custom ? `${name}-id` : undefined, state: { ...inputs, ...(await handle(resource)) } };
          } catch (error) {
            caught(error);
            throw error;
          }
        },
      },
      PROJECT,
      options.stack,
    );
    pulumi.runtime.setAllConfig(texts(options.config));
    const outputs = await program(faulted);
    process.off("unhandledRejection", caught);
    process.off("uncaughtException", caught);
    return { resources, outputs };
  } catch (error) {
    // The handlers stay: resources that waited for the one that failed reject later, and the first fault has been reported.
    throw fault ?? error;
  }
}

// A reference is the provider's URN and id; its name is the URN's end.
function providerOf(reference: string | undefined, providers: ReadonlyMap<string, Resource["inputs"]>): Pick<Resource, "provider"> {
  const provider = providers.get(reference?.split("::").at(-2) ?? "");
  return provider === undefined ? {} : { provider };
}

function texts(config: EngineOptions["config"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [`${PROJECT}:${key}`, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

// What Pulumi starts too. The program is a module that runs when it is loaded: each pass loads it again.
function load(): unknown {
  const loader = createRequire(__filename);
  const main = join(ROOT, "index.cjs");
  for (const path of [main, join(ROOT, "policies/bin/program.js")]) Reflect.deleteProperty(loader.cache, path);
  return loader(main);
}

// Its outputs are complete when all resources they stand for are.
async function program(faulted: Promise<never>): Promise<Record<string, unknown>> {
  const exported = load();
  const outputs = await Promise.race([
    pulumi.runtime.serializeProperties("outputs", Object.fromEntries(Object.entries(exported ?? {}))),
    faulted,
  ]);
  return unwrapAll(outputs);
}

function statusOf(stdout: unknown): string {
  const match = /"status":"([a-z ]+)"/.exec(typeof stdout === "string" ? stdout.slice(0, 200) : "");
  return match?.[1] === "pass" ? "verified" : (match?.[1] ?? "done");
}
