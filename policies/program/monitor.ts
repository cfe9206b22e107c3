/** A monitor for a program that no engine runs: it answers as a preview does, and remembers whole requests. */
import type { ResourceTransform } from "@pulumi/pulumi";
import {
  DeploymentInfo,
  type ReadResourceRequest,
  ReadResourceResponse,
  RegisterPackageResponse,
  type RegisterResourceOutputsRequest,
  type RegisterResourceRequest,
  RegisterResourceResponse,
  type ResourceInvokeRequest,
  ResourceInvokeResponse,
  ResourceMonitorFeature,
} from "@pulumi/pulumi/proto/resource_pb";
import type { SourcePosition } from "@pulumi/pulumi/proto/source_pb";
import { deserializeProperties, serializeProperties, unknownValue } from "@pulumi/pulumi/runtime";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Registration, SourceLine } from "./registration";
import { inTheClear, markedTexts, unwrapAll } from "./unwrap";

type Answer<Response> = (error: unknown, response: Response | undefined) => void;

const STACK = "pulumi:pulumi:Stack";

// All that Pulumi's own monitor of tests has: not outputValues, with which outputs would stand in what is registered, and not what they hold.
const FEATURES = [
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_SECRETS,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_STATE_MIGRATIONS,
];

/** Tells the line of the program's own source at a position; nothing where that is in a package. */
export type Locator = (position: SourcePosition) => SourceLine | undefined;

/** The project and the stack that URNs are made of, and the configuration, of which default providers are made. */
export interface Names {
  readonly config: Readonly<Record<string, string>>;
  readonly project: string;
  readonly stack: string;
}

/**
 * Registers as a preview does: what a provider would make up is unknown, and the answer of a provider's function is unknown as a whole.
 * Transforms run where the engine runs them, before anything is judged.
 */
export class RecordingMonitor {
  /** In the order of their registration. */
  readonly registrations: Registration[] = [];
  /** Tokens of provider functions that the program called. */
  readonly functions = new Set<string>();
  /** Outputs of components and of the stack, by URN. */
  readonly outputs = new Map<string, Readonly<Record<string, unknown>>>();
  private readonly callbacks = new Map<string, ResourceTransform>();
  private readonly ofResource = new Map<string, { readonly parent: string; readonly transforms: readonly ResourceTransform[] }>();
  private readonly ofStack: ResourceTransform[] = [];
  private readonly defaults = new Set<string>();

  constructor(
    private readonly names: Names,
    private readonly locate: Locator,
  ) {}

  /** The SDK's way to hand a monitor that runs in its own process the function behind a token. */
  recordTransformCallback(token: string, transform: ResourceTransform): void {
    this.callbacks.set(token, transform);
  }

  registerStackTransform(request: { getToken(): string }, answer: Answer<object>): void {
    const transform = this.callbacks.get(request.getToken());
    if (transform !== undefined) this.ofStack.push(transform);
    answer(null, {});
  }

  // It changes what a function is asked, and no function is.
  registerStackInvokeTransform(_request: unknown, answer: Answer<object>): void {
    answer(null, {});
  }

  invoke(request: ResourceInvokeRequest, answer: Answer<ResourceInvokeResponse>): void {
    this.functions.add(request.getTok());
    answer(null, new ResourceInvokeResponse().setUnknown(true));
  }

  call(request: ResourceInvokeRequest, answer: Answer<ResourceInvokeResponse>): void {
    this.invoke(request, answer);
  }

  /** What exists already is read and not made: nothing to judge, and nothing is known of it. */
  readResource(request: ReadResourceRequest, answer: Answer<ReadResourceResponse>): void {
    answer(null, new ReadResourceResponse().setUrn(this.urn(request)).setProperties(Struct.fromJavaScript({})));
  }

  async registerResource(request: RegisterResourceRequest, answer: Answer<RegisterResourceResponse>): Promise<void> {
    try {
      const urn = this.urn(request);
      await this.transform(urn, request);
      this.addDefaultProvider(request);
      this.registrations.push(registration(urn, request, this.locate));
      answer(null, new RegisterResourceResponse().setUrn(urn).setObject(request.getObject()));
    } catch (error) {
      answer(error, undefined);
    }
  }

  registerResourceOutputs(request: RegisterResourceOutputsRequest, answer: Answer<object>): void {
    // What the stack exports is read by whoever may see the stack, unless it is marked as a secret.
    const isStack = request.getUrn().split("::")[2] === STACK;
    const shown = isStack ? inTheClear(request.getOutputs()?.toJavaScript() ?? {}) : unwrapAll(deserialized(request.getOutputs()));
    this.outputs.set(request.getUrn(), shown);
    answer(null, {});
  }

  registerPackage(_request: unknown, answer: Answer<RegisterPackageResponse>): void {
    answer(null, new RegisterPackageResponse().setRef("unknown"));
  }

  supportsFeature(request: { getId(): string }, answer: Answer<object>): void {
    const known = request.getId() !== "outputValues";
    answer(null, { getHassupport: () => known });
  }

  getDeploymentInfo(_request: unknown, answer: Answer<DeploymentInfo>): void {
    answer(null, new DeploymentInfo().setSupportedfeaturesList(FEATURES));
  }

  // A resource without a provider gets its package's default one, which the engine makes of the configuration and has judged.
  private addDefaultProvider(request: RegisterResourceRequest): void {
    const [pkg = ""] = request.getType().split(":");
    // A component that a plugin makes has one too.
    if (!(request.getCustom() || request.getRemote()) || request.getProvider() !== "" || pkg === "pulumi" || pkg === "pulumi-nodejs")
      return;
    const version = request.getVersion() === "" ? "" : `_${request.getVersion().replace(/\W/g, "_")}`;
    const type = `pulumi:providers:${pkg}`;
    const name = `default${version}`;
    const urn = `urn:pulumi:${this.names.stack}::${this.names.project}::${type}::${name}`;
    if (this.defaults.has(urn)) return;
    this.defaults.add(urn);
    const inputs = Object.entries(this.names.config).filter(([key]) => key.startsWith(`${pkg}:`));
    this.registrations.push({
      urn,
      type,
      name,
      custom: true,
      inputs: Object.fromEntries(inputs.map(([key, value]) => [key.slice(pkg.length + 1), value])),
      options: { protect: false, ignoreChanges: [], aliases: [], parent: "", dependencies: [], provider: "" },
    });
  }

  // As the engine makes them: with the types of all parents but the stack's.
  private urn(request: { getParent(): string; getType(): string; getName(): string }): string {
    const parents = request.getParent().split("::")[2] ?? "";
    const type = parents === "" || parents === STACK ? request.getType() : `${parents}$${request.getType()}`;
    return `urn:pulumi:${this.names.stack}::${this.names.project}::${type}::${request.getName()}`;
  }

  // As the engine does: its own first, then those of its parents from the nearest on, then the stack's.
  private async transform(urn: string, request: RegisterResourceRequest): Promise<void> {
    const own = request.getTransformsList().flatMap((callback) => this.callbacks.get(callback.getToken()) ?? []);
    this.ofResource.set(urn, { parent: request.getParent(), transforms: own });
    for (let at = this.ofResource.get(urn); at !== undefined; at = this.ofResource.get(at.parent))
      for (const transform of at.transforms) await applied(transform, request);
    for (const transform of this.ofStack) await applied(transform, request);
  }
}

async function applied(transform: ResourceTransform, request: RegisterResourceRequest): Promise<void> {
  const opts = { protect: request.getProtect() ?? false, ignoreChanges: request.getIgnorechangesList() };
  const props = deserialized(request.getObject());
  const changed = await transform({ custom: request.getCustom(), type: request.getType(), name: request.getName(), props, opts });
  if (changed === undefined) return;
  request.setObject(Struct.fromJavaScript(await serializeProperties("props", changed.props)));
  if (changed.opts.protect !== undefined) request.setProtect(changed.opts.protect);
  if (changed.opts.ignoreChanges !== undefined) request.setIgnorechangesList(changed.opts.ignoreChanges);
  if (changed.opts.provider !== undefined) {
    const { urn, id } = changed.opts.provider;
    request.setProvider(`${await settled(urn)}::${await settled(id)}`);
  }
}

// The SDK's types hide the promise that an output is.
async function settled(output: object): Promise<string> {
  const promise: unknown = Reflect.get(output, "promise");
  const value: unknown = typeof promise === "function" ? await Reflect.apply(promise, output, []) : undefined;
  return typeof value === "string" && value !== "" ? value : unknownValue;
}

function registration(urn: string, request: RegisterResourceRequest, locate: Locator): Registration {
  const source = sourceOf(request, locate);
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    inputs: unwrapAll(deserialized(request.getObject())),
    secrets: markedTexts(request.getObject()?.toJavaScript()),
    references: Object.fromEntries([...request.getPropertydependenciesMap().entries()].map(([key, from]) => [key, from.getUrnsList()])),
    options: {
      protect: request.getProtect() ?? false,
      ignoreChanges: request.getIgnorechangesList(),
      aliases: [...request.getAliasurnsList(), ...request.getAliasesList().map((alias) => alias.getUrn())].filter((alias) => alias !== ""),
      parent: request.getParent(),
      dependencies: request.getDependenciesList(),
      // A reference is the URN and the id.
      provider: request.getProvider().replace(/::[^:]*$/, ""),
    },
    ...(source === undefined ? {} : { source }),
  };
}

// The nearest line of the program's own: what made it may stand in a package.
function sourceOf(request: RegisterResourceRequest, locate: Locator): SourceLine | undefined {
  for (const frame of request.getStacktrace()?.getFramesList() ?? []) {
    const position = frame.getPc();
    const source = position === undefined ? undefined : locate(position);
    if (source !== undefined) return source;
  }
  return undefined;
}

function deserialized(struct: Struct | undefined): Record<string, unknown> {
  return struct === undefined ? {} : deserializeProperties(struct);
}
