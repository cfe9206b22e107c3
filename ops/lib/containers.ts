/** Compares what Pulumi's state says of a host's Docker with what is there: what is missing is recreated, and what is incomplete is removed. */
import { z } from "zod";
import { hostDuties } from "../../components/config/duties";
import type { StackConfig } from "../../components/config/schema";
import { containersModel } from "../../components/containers/model";
import { ask } from "./agent";
import { OperatorError } from "./errors";
import type { HostAddress } from "./hosts";
import { deployTarget, type Patience } from "./ssh";
import { namesInState } from "./tree";

/** One container, network or volume on a host. */
export interface DockerObject {
  readonly kind: "Container" | "Network" | "Volume";
  readonly id: string;
  readonly name: string;
  /** Of a container, in Docker's words: `Up 3 minutes (healthy)`. */
  readonly status: string;
  /** Of what was made for a service, its name. */
  readonly service?: string | undefined;
  /**
   * Of a container that ended so often that it does not become healthy: how often it was started again, and its last exit code, null
   * while it runs once more.
   */
  readonly ended?: { readonly restarts: number; readonly exitCode: number | null } | undefined;
}

/** What must be done before Pulumi runs. */
export interface Repairs {
  /** URNs of what is missing: removed from Pulumi's state, so that it creates them again. */
  readonly forget: readonly string[];
  /** URNs of containers that are there and do not run, or whose network is missing: under its name alone they would not be connected anew. */
  readonly replace: readonly string[];
  /** What a deploy that was cut off was making: it is there, and Pulumi knows it not. */
  readonly leftovers: readonly DockerObject[];
  /** URNs of what such a deploy was making, there or not. */
  readonly settled: readonly string[];
}

const known = z.object({
  ...{ urn: z.string(), type: z.string(), id: z.string().optional(), provider: z.string().optional() },
  inputs: z
    .object({ name: z.string(), networksAdvanced: z.array(z.object({ name: z.string() })).nullish() })
    .optional()
    .catch(undefined),
});
const state = z.object({
  deployment: z
    .object({
      resources: z.array(known).nullish(),
      pending_operations: z.array(z.object({ type: z.string(), resource: known })).nullish(),
    })
    .nullish(),
});

// What Docker itself created, and whatever else is not phiward's, is ignored here.
const dockerAnswer = z.object({
  engine: z.enum(["present", "absent", "silent"]),
  objects: z.array(
    z.object({
      kind: z.enum(["Container", "Network", "Volume"]),
      id: z.string(),
      name: z.string(),
      status: z.string(),
      service: z.string().optional(),
      ended: z.object({ restarts: z.number(), exitCode: z.number().nullable() }).optional(),
    }),
  ),
});

const removeAnswer = z.object({ removed: z.string() });

/** What the host's Docker holds: nothing where there is no Docker; undefined where it does not answer, which says nothing. */
export async function dockerObjects(host: HostAddress, patience: Patience): Promise<readonly DockerObject[] | undefined> {
  const silent = (error: unknown): z.infer<typeof dockerAnswer> => {
    if (error instanceof OperatorError) return { engine: "silent", objects: [] };
    throw error;
  };
  const { engine, objects } = await ask(deployTarget(host), { mode: "docker" }, dockerAnswer, patience).catch(silent);
  return engine === "silent" ? undefined : objects;
}

/**
 * What phiward made on a host and the state does not have, since the state was lost, or is an older copy: containers and networks of
 * services. Empty unless one of them is in the way, by having the name of one that is declared.
 */
export function unknownObjects(
  config: StackConfig,
  host: string,
  exported: unknown,
  objects: readonly DockerObject[],
): readonly DockerObject[] {
  const { networks, databases, services } = containersModel(config);
  const declared = new Set([...networks, ...databases, ...services].map(({ name }) => name));
  const names = namesInState(config, host);
  const ids = new Set(resourcesOf(names, exported).map(({ id }) => id));
  const { leftovers } = dockerRepairs(names, exported, objects);
  const unknown = objects.filter(
    (object) => object.service !== undefined && object.kind !== "Volume" && !ids.has(object.id) && !leftovers.includes(object),
  );
  return unknown.some(({ name }) => declared.has(name)) ? unknown : [];
}

/** Compares the state with what a host has, by the names that it has and had. */
export function dockerRepairs(names: readonly string[], exported: unknown, objects: readonly DockerObject[]): Repairs {
  const pending = state.parse(exported).deployment?.pending_operations;
  const ofHost = resourcesOf(names, exported);
  const there = (id: string | undefined): DockerObject | undefined => objects.find((object) => object.id === id);
  const ids = new Set(ofHost.map(({ id }) => id));
  const cutOff = (pending ?? []).filter(({ type, resource }) => type === "creating" && isOfDocker(names, resource));
  const forget = ofHost.flatMap(({ urn, id }) => (there(id) === undefined ? [urn] : []));
  const gone = ofHost.flatMap(({ type, urn, inputs }) => (type.endsWith(":Network") && forget.includes(urn) ? [inputs?.name] : []));
  return {
    forget,
    replace: ofHost.flatMap(({ urn, id, inputs }) => {
      const found = there(id);
      if (found?.kind !== "Container") return [];
      const isCutOff = inputs?.networksAdvanced?.some(({ name }) => gone.includes(name)) === true;
      return isCutOff || /^(Exited|Created|Dead)/.test(found.status) ? [urn] : [];
    }),
    leftovers: objects.filter(
      ({ kind, id, name }) =>
        // A volume of that name is taken as it is.
        kind !== "Volume" &&
        !ids.has(id) &&
        cutOff.some(({ resource }) => resource.type.endsWith(`:${kind}`) && resource.inputs?.name === name),
    ),
    settled: cutOff.map(({ resource }) => resource.urn),
  };
}

function resourcesOf(names: readonly string[], exported: unknown): readonly z.infer<typeof known>[] {
  return (state.parse(exported).deployment?.resources ?? []).filter((resource) => isOfDocker(names, resource));
}

function isOfDocker(names: readonly string[], { type, provider }: z.infer<typeof known>): boolean {
  return type.startsWith("docker:index/") && names.some((name) => provider?.includes(`::${name}-engine::`) === true);
}

const mentioning = z.looseObject({ urn: z.string(), dependencies: z.unknown(), propertyDependencies: z.unknown() }).partial();
const VOLUME = "docker:index/volume:Volume";
const maybeProtected = z.looseObject({ type: z.string().optional(), protect: z.unknown() }).partial();
const protectedVolumes = z.looseObject({ deployment: z.looseObject({ resources: z.array(maybeProtected) }) });
const whole = z.looseObject({
  deployment: z.looseObject({
    resources: z.array(mentioning),
    pending_operations: z.array(z.looseObject({ resource: z.looseObject({ urn: z.string() }) })).optional(),
  }),
});

/** The exported state without the resources `forget`, without any mention of them, and without the begun work on `settled`. */
export function without(exported: unknown, { forget, settled }: Pick<Repairs, "forget" | "settled">): unknown {
  const gone = new Set(forget);
  const rest = whole.parse(exported);
  const { resources, pending_operations: pending } = rest.deployment;
  return {
    ...rest,
    deployment: {
      ...rest.deployment,
      resources: resources
        .filter(({ urn }) => !gone.has(urn ?? ""))
        .map(({ dependencies, propertyDependencies, ...resource }) => ({
          ...resource,
          ...(dependencies === undefined ? {} : { dependencies: unmentioned(dependencies, gone) }),
          ...(propertyDependencies === undefined ? {} : { propertyDependencies: unmentioned(propertyDependencies, gone) }),
        })),
      ...(pending === undefined ? {} : { pending_operations: pending.filter(({ resource }) => !settled.includes(resource.urn)) }),
    },
  };
}

/** The exported state in which no volume of Docker's is protected, as earlier versions had them: the same object where none is. */
export function withoutVolumeProtection(exported: unknown): unknown {
  const found = protectedVolumes.safeParse(exported);
  const isProtected = ({ type, protect }: z.infer<typeof maybeProtected>): boolean => type === VOLUME && protect === true;
  if (!found.success || !found.data.deployment.resources.some(isProtected)) return exported;
  const { deployment } = found.data;
  const resources = deployment.resources.map((resource) => (isProtected(resource) ? { ...resource, protect: false } : resource));
  return { ...found.data, deployment: { ...deployment, resources } };
}

function unmentioned(value: unknown, gone: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.filter((entry) => !gone.has(String(entry)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, unmentioned(entry, gone)]));
}

/** Removes what a deploy that was cut off left half made, or, with `stop`, what runs. Throws OperatorError if the host does not. */
export async function removeLeftovers(
  host: HostAddress,
  leftovers: readonly DockerObject[],
  patience: Patience,
  stop?: "stop",
): Promise<void> {
  // Containers first: a network that has one in it stays.
  for (const { kind, id, name } of [...leftovers].sort((one, other) => one.kind.localeCompare(other.kind))) {
    if (kind === "Volume") continue;
    await ask(
      deployTarget(host),
      { mode: "docker-remove", kind, id, ...(stop === undefined ? {} : { stop: true as const }) },
      removeAnswer,
      patience,
    ).catch((error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      throw new OperatorError(
        `${host.name}: could not remove ${name}, ${stop === undefined ? "left over from an interrupted deploy" : "which Pulumi does not know"}: ${error.message}`,
        1,
      );
    });
  }
}

const PREVIOUS = {
  "start-first": "The previous version is still serving",
  "stop-first": "The previous version is started again",
} as const;

/** What to do about declared containers that are not well, for the operator after a deploy that failed. */
export function unhealthyMessages(config: StackConfig, host: string, objects: readonly DockerObject[]): readonly string[] {
  if (!hostDuties(config, host).services) return [];
  const { databases, services } = containersModel(config);
  return [...databases, ...services].flatMap(({ name, kind, called, updateOrder }) =>
    objects
      .filter((object) => object.kind === "Container" && object.name === name && !object.status.includes("(healthy)"))
      .map(
        ({ status }) =>
          `${host}: ${name} ${status.includes("(health: starting)") ? "has not become healthy yet" : "is unhealthy"} (${status}); npx phiward logs ${called} --host ${host} shows why. ${
            kind === "container" ? PREVIOUS[updateOrder] : "Its data is untouched"
          }; fix or revert the change, then run npx phiward up again`,
      ),
  );
}
