/** Runs the policies as the engine does, through @pulumi/policy's own analysis functions, where there is no engine. */
import { makeAnalyzeRpcFun, makeAnalyzeStackRpcFun } from "@pulumi/policy/server";
import { isUnknown } from "@pulumi/pulumi";
import {
  AnalyzeRequest,
  type AnalyzeResponse,
  AnalyzerResource,
  AnalyzerResourceOptions,
  AnalyzeStackRequest,
  EnforcementLevel,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { unknownValue } from "@pulumi/pulumi/runtime";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { RULES } from "../all";
import { UNKNOWN } from "../readers/value";
import { appliesTo, type Rule } from "./rule";
import { PACK, toPolicies } from "./toPolicies";

/** A resource as a program registered it, secrets unwrapped. Unknown values are Pulumi's own, or UNKNOWN. */
export interface AnalyzedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What a policy has to say. A mandatory one forbids the deploy. */
export interface Diagnostic {
  readonly policy: string;
  readonly level: "advisory" | "mandatory";
  readonly message: string;
  /** The resource; empty if it is about the whole stack. */
  readonly urn: string;
}

/** Judges all resources of a stack, each for itself and then together. Throws if a policy fails to run. */
export async function analyze(resources: readonly AnalyzedResource[], rules: readonly Rule[] = RULES): Promise<readonly Diagnostic[]> {
  const analyzeStack = makeAnalyzeStackRpcFun(PACK, "embedded", "mandatory", toPolicies(rules));
  const diagnostics: Diagnostic[] = [];
  // Pulumi copies a resource for each policy, also for those that do not judge its type.
  for (const [type, ofType] of Map.groupBy(resources, (resource) => resource.type)) {
    const judging = rules.filter((rule) => appliesTo(rule, type));
    if (judging.length === 0) continue;
    const analyzeResource = makeAnalyzeRpcFun(PACK, "embedded", "mandatory", toPolicies(judging, []));
    for (const resource of ofType) {
      const request = filled(new AnalyzeRequest(), resource);
      diagnostics.push(...(await answer((callback) => analyzeResource({ request }, callback), resource.urn)));
    }
  }
  const members = resources.map((resource) => filled(new AnalyzerResource(), resource));
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

function filled<Message extends AnalyzeRequest | AnalyzerResource>(
  message: Message,
  { type, name, urn, inputs }: AnalyzedResource,
): Message {
  message.setType(type);
  message.setName(name);
  message.setUrn(urn);
  message.setOptions(new AnalyzerResourceOptions());
  message.setProperties(Struct.fromJavaScript(encodeMap(inputs)));
  return message;
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
