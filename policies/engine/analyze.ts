/** Runs the policies as the engine does, through @pulumi/policy's own analysis functions, where there is no engine. */
import type { Policies } from "@pulumi/policy";
import { makeAnalyzeRpcFun, makeAnalyzeStackRpcFun } from "@pulumi/policy/server";
import { isUnknown } from "@pulumi/pulumi";
import {
  AnalyzeRequest,
  type AnalyzeResponse,
  AnalyzerPropertyDependencies,
  AnalyzerProviderResource,
  AnalyzerResource,
  AnalyzerResourceOptions,
  AnalyzeStackRequest,
  EnforcementLevel,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { unknownValue } from "@pulumi/pulumi/runtime";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { HOST_RULES, RULES, STACK_RULES } from "../all";
import { UNKNOWN } from "../readers/value";
import type { Judgement } from "./judge";
import { appliesTo, type Rule } from "./rule";
import type { Configured } from "./thresholds";
import { observedPolicies, PACK, type Rules, toPolicies } from "./toPolicies";

/** A resource as a program registered it, secrets unwrapped. Unknown values are Pulumi's own, or UNKNOWN. */
export interface AnalyzedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Nothing where they are not known: a resource is then judged as one without a parent and without protection. */
  readonly options?: AnalyzedOptions;
  /** URNs of the resources that each property was set from; default: none. */
  readonly references?: Readonly<Record<string, readonly string[]>>;
  /** Texts that it was handed as secrets, each marked by itself; default: none. */
  readonly secrets?: readonly string[];
}

/** Options of a resource, as the engine tells policies of them. What is left out is off, or empty. */
export interface AnalyzedOptions {
  readonly protect?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly deleteBeforeReplace?: boolean;
  readonly additionalSecretOutputs?: readonly string[];
  /** URNs that mean the same resource. */
  readonly aliases?: readonly string[];
  /** URN of the parent. */
  readonly parent?: string;
  /** URN of the provider, one of the resources that are judged. */
  readonly provider?: string;
}

/** What a policy has to say. A mandatory one forbids the deploy. */
export interface Diagnostic {
  readonly policy: string;
  readonly level: "advisory" | "mandatory";
  readonly message: string;
  /** The resource; empty if it is about the whole stack. */
  readonly urn: string;
}

/** What every rule says of all resources of a stack, by thresholds of its own where they are configured; what passed too, as Pulumi asks it. Throws if a policy fails to run. */
export async function judgements(
  resources: readonly AnalyzedResource[],
  configured: Readonly<Record<string, Configured>> = {},
): Promise<readonly Judgement[]> {
  const judged: Judgement[] = [];
  const secrets = (): readonly string[] => resources.flatMap((resource) => resource.secrets ?? []);
  await analyze(resources, RULES, (rules) => [...observedPolicies(rules, (judgement) => judged.push(judgement), { secrets, configured })]);
  return judged;
}

/** Judges all resources of a stack, each for itself and then together. Throws if a policy fails to run. */
export async function analyze(
  resources: readonly AnalyzedResource[],
  rules: readonly Rule[] = RULES,
  policies: (rules: Rules) => Policies = toPolicies,
): Promise<readonly Diagnostic[]> {
  // Pulumi copies all resources for each policy of a stack, also for those that find none of their types.
  const types = [...new Set(resources.map(({ type }) => type))];
  const stackRules = STACK_RULES.filter((rule) => types.some((type) => appliesTo(rule, type)));
  const analyzeStack = makeAnalyzeStackRpcFun(PACK, "embedded", "mandatory", policies({ rules: [], hostRules: HOST_RULES, stackRules }));
  const diagnostics: Diagnostic[] = [];
  const known = new Map(resources.map((resource) => [resource.urn, resource]));
  for (const [type, ofType] of Map.groupBy(resources, (resource) => resource.type)) {
    const judging = rules.filter((rule) => appliesTo(rule, type));
    if (judging.length === 0) continue;
    const analyzeResource = makeAnalyzeRpcFun(PACK, "embedded", "mandatory", policies({ rules: judging, hostRules: [], stackRules: [] }));
    for (const resource of ofType) {
      const request = filled(new AnalyzeRequest(), resource, known);
      diagnostics.push(...(await answer((callback) => analyzeResource({ request }, callback), resource.urn)));
    }
  }
  const members = resources.map((resource) => memberOf(resource, known));
  const request = new AnalyzeStackRequest().setResourcesList(members);
  return [...diagnostics, ...(await answer((callback) => analyzeStack({ request }, callback), ""))];
}

type Callback = (error: unknown, response: AnalyzeResponse | undefined) => void;

async function answer(ask: (callback: Callback) => Promise<void>, urn: string): Promise<readonly Diagnostic[]> {
  const { promise, resolve, reject } = Promise.withResolvers<AnalyzeResponse>();
  await ask((error, response) => {
    if (response === undefined) reject(error instanceof Error ? error : new Error(String(error)));
    else resolve(response);
  });
  const response = await promise;
  return response.getDiagnosticsList().map((diagnostic) => ({
    policy: diagnostic.getPolicyname(),
    level: diagnostic.getEnforcementlevel() === EnforcementLevel.ADVISORY ? "advisory" : "mandatory",
    // Pulumi puts the policy's description on a line before it.
    message: diagnostic.getMessage().replace(`${diagnostic.getDescription()}\n`, ""),
    urn: diagnostic.getUrn() === "" ? urn : diagnostic.getUrn(),
  }));
}

function memberOf(resource: AnalyzedResource, known: ReadonlyMap<string, AnalyzedResource>): AnalyzerResource {
  const member = filled(new AnalyzerResource(), resource, known).setParent(resource.options?.parent ?? "");
  for (const [property, urns] of Object.entries(resource.references ?? {}))
    member.getPropertydependenciesMap().set(property, new AnalyzerPropertyDependencies().setUrnsList([...urns]));
  return member;
}

function filled<Message extends AnalyzeRequest | AnalyzerResource>(
  message: Message,
  { type, name, urn, inputs, options = {} }: AnalyzedResource,
  known: ReadonlyMap<string, AnalyzedResource>,
): Message {
  message.setType(type);
  message.setName(name);
  message.setUrn(urn);
  message.setOptions(encodeOptions(options));
  message.setProperties(Struct.fromJavaScript(encodeMap(inputs)));
  const provider = options.provider === undefined ? undefined : known.get(options.provider);
  if (provider !== undefined)
    message.setProvider(
      new AnalyzerProviderResource()
        .setType(provider.type)
        .setName(provider.name)
        .setUrn(provider.urn)
        .setProperties(Struct.fromJavaScript(encodeMap(provider.inputs))),
    );
  return message;
}

function encodeOptions(options: AnalyzedOptions): AnalyzerResourceOptions {
  const { protect = false, ignoreChanges = [], deleteBeforeReplace, additionalSecretOutputs = [], aliases = [], parent = "" } = options;
  return new AnalyzerResourceOptions()
    .setProtect(protect)
    .setIgnorechangesList([...ignoreChanges])
    .setDeletebeforereplace(deleteBeforeReplace ?? false)
    .setDeletebeforereplacedefined(deleteBeforeReplace !== undefined)
    .setAdditionalsecretoutputsList([...additionalSecretOutputs])
    .setAliasesList([...aliases])
    .setParent(parent);
}

function encodeMap(map: object): Record<string, JavaScriptValue> {
  return Object.fromEntries(
    Object.entries(map).flatMap(([key, value]): [string, JavaScriptValue][] => (value === undefined ? [] : [[key, encode(value)]])),
  );
}

function encode(value: unknown): JavaScriptValue {
  if (value === UNKNOWN || isUnknown(value)) return unknownValue;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(encode);
  return typeof value === "object" && value !== null ? encodeMap(value) : null;
}
