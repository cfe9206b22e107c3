/** A Compose file as sections of a stack, with what could not be taken over. Pure: what it refers to is handed in. */
import { member, membersOf } from "../../../components/config/unknown";
import { parsePulumiYaml } from "../pulumiYaml";
import { imageReference } from "../registry/reference";
import { databaseKind, leftOutImage } from "./known";
import { Apart, allowedName, serviceName } from "./names";
import { Notes, shownName } from "./notes";
import { type Converted, containerOf, databaseOf, imageText, type Neighbours } from "./service";
import { misshapen } from "./shapes";
import { mountsDockerSocket, volumeUsers } from "./volumes";
import { interpolated, textOf, type Variables } from "./words";

/** What a Compose file refers to. */
export interface Surroundings {
  /** Variables that stand in it, of `.env` or another file. */
  readonly variables: Readonly<Record<string, string>>;
  /** The variables of a file that a service names; undefined where it is not there. */
  readonly envFile: (path: string) => Readonly<Record<string, string>> | undefined;
  /** The image by its digest; undefined where nobody has looked it up. */
  readonly pinned: (image: string) => string | undefined;
  /** The name by which people will reach the first service that is published. */
  readonly site: string | undefined;
}

/** Sections of a stack, and a sentence for each thing that is not in them. */
export interface Imported {
  readonly sections: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
  /** Names of the secrets that the stack's owner brings. */
  readonly secrets: readonly string[];
}

/** Reads a Compose file (compose-spec). Throws OperatorError, which repeats nothing of it, where it is no YAML or has no services. */
export function importedCompose(path: string, text: string, around: Surroundings): Imported {
  const notes = new Notes();
  const variables: Variables = { values: around.variables, missing: new Set() };
  const document = replaced(parsePulumiYaml(path, text), variables);
  for (const key of Object.keys(membersOf(document)))
    if (!TOP.includes(key) && !key.startsWith("x-"))
      notes.add("file", shownName(key), "not taken over: give what `docker compose config` prints, in which all is resolved");
  const all = Object.entries(membersOf(member(document, "services")));
  const kept = all.filter(([from, service]) => {
    const reason = leftOut(service);
    if (reason !== undefined) notes.add(from, "service", reason);
    return reason === undefined;
  });
  const near = neighbours(kept, around, notes);
  const converted = kept.map(([from, service]): Converted => {
    const name = near.names.get(from) ?? from;
    const kind = kindOf(service);
    for (const [key, sentence] of misshapen(service, member(document, "networks"))) notes.add(from, key, sentence);
    if (name !== from) notes.add(from, "name", `is ${name} here: lowercase letters, digits and single hyphens`);
    return kind === undefined ? containerOf(from, name, service, near, notes) : databaseOf(from, name, kind, service, near, notes);
  });
  if (variables.missing.size > 0)
    notes.add(
      "file",
      "variables",
      `found no value of ${[...variables.missing].map(shownName).join(", ")}; give a file of them with --env-file, without secrets`,
    );
  const services = withOwnSecrets(converted.map(({ value }) => value));
  return {
    sections: { ...(services.length === 0 ? {} : { services }), ...sites(converted, around.site, notes) },
    notes: notes.lines,
    secrets: [...new Set(services.flatMap((service) => secretsOf(service).map(({ from }) => from)))],
  };
}

// Two services may have secrets of one name and not of one value.
function withOwnSecrets(services: readonly Record<string, unknown>[]): readonly Record<string, unknown>[] {
  const uses = new Map<string, number>();
  for (const { name } of services.flatMap(secretsOf)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return services.map((service) => {
    const secrets = secretsOf(service).map(({ name }) => ({
      name,
      from: uses.get(name) === 1 ? name : allowedName(`${textOf(service["name"])}-${name}`, "secret"),
    }));
    return secrets.length === 0 ? service : { ...service, secrets };
  });
}

// What services refer to, and what says nothing of them.
const TOP = ["name", "version", "services", "volumes", "networks", "secrets", "configs"];

function secretsOf({ secrets }: Readonly<Record<string, unknown>>): readonly { readonly name: string; readonly from: string }[] {
  if (!Array.isArray(secrets)) return [];
  return secrets.map((secret: unknown) => ({ name: textOf(member(secret, "name")), from: textOf(member(secret, "from")) }));
}

// Keys are not: Compose does not either.
function replaced(value: unknown, variables: Variables): unknown {
  if (typeof value === "string") return interpolated(value, variables);
  if (Array.isArray(value)) return value.map((entry) => replaced(entry, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, replaced(entry, variables)]));
}

function leftOut(service: unknown): string | undefined {
  if (member(service, "profiles") !== undefined) return "left out: it belongs to a profile, and is started by hand";
  if (mountsDockerSocket(member(service, "volumes"))) return "left out: whoever speaks to the Docker daemon is root on the host";
  return leftOutImage(pathOf(service));
}

function pathOf(service: unknown): string {
  return imageReference(imageText(service))?.path ?? "";
}

function kindOf(service: unknown): "postgres" | "redis" | undefined {
  return databaseKind(pathOf(service));
}

function neighbours(kept: readonly (readonly [string, unknown])[], around: Surroundings, notes: Notes): Neighbours {
  const names = new Map<string, string>();
  const apart = new Apart();
  for (const [from, service] of kept) {
    names.set(from, apart.take(serviceName(from, kindOf(service) !== undefined)));
  }
  return {
    names,
    databases: new Map(kept.flatMap(([from, service]) => (kindOf(service) === undefined ? [] : [[from, names.get(from) ?? from]]))),
    volumeUsers: volumeUsers(Object.fromEntries(kept)),
    pinned: around.pinned,
    envFile: (from, path) => {
      const found = around.envFile(path);
      if (found === undefined)
        notes.add(from, "env_file", `${shownName(path)}: found no such file beside the Compose file; what is in it is missing here`);
      return new Map(Object.entries(found ?? {}));
    },
  };
}

// Nobody reaches a service but through a site; the ports of the Compose file are closed.
function sites(converted: readonly Converted[], site: string | undefined, notes: Notes): Readonly<Record<string, unknown>> {
  const [first, ...others] = converted.filter(({ isPublished }) => isPublished).map(({ value }) => textOf(value["name"]));
  for (const other of others) notes.add(other, "ports", "not published: declare a route of a site that leads to it, where people need it");
  if (first === undefined) return {};
  if (site === undefined) {
    notes.add(first, "ports", "not published: give --site NAME, by which people reach it through nginx, or declare it under `sites`");
    return {};
  }
  notes.add(
    first,
    "ports",
    "not published: people reach it through nginx, as the site says; a web interface needs a contentSecurityPolicy of its own",
  );
  return {
    publicPorts: [
      { port: 443, purpose: "HTTPS" },
      { port: 80, purpose: "HTTP, which only redirects to HTTPS" },
    ],
    sites: [{ name: site, certificate: { kind: "selfSigned" }, routes: [{ path: "/", service: first }] }],
  };
}

/** Images that have no digest yet, as Docker names them. */
export function imagesOf(path: string, text: string, variables: Readonly<Record<string, string>>): readonly string[] {
  const seen = new Set<string>();
  // What it asks for is what is to be looked up.
  importedCompose(path, text, {
    ...{ variables, envFile: () => undefined, site: undefined },
    pinned: (image) => {
      seen.add(image);
      return undefined;
    },
  });
  return [...seen];
}
