/** One service of a Compose file as the schema has it. */
import { declaredUser, USER_RULE } from "../../../components/config/containerIds";
import { DATABASE_KINDS } from "../../../components/config/sections/databaseKinds";
import { member, membersOf, valueAt } from "../../../components/config/unknown";
import { secretArgument, secretAssignment } from "../../../policies/readers/secretTexts";
import { imageReference, pinnedImage } from "../registry/reference";
import { environmentOf, variablesOf } from "./environment";
import { healthOf } from "./health";
import { isOwnBuild, READ, REFUSED, SAID_ANYWAY } from "./known";
import { allowedName } from "./names";
import { type Notes, shownName } from "./notes";
import { portOf } from "./ports";
import { volumesOf } from "./volumes";
import { megabytes, shellWords, textOf } from "./words";

/** What the services of a file know of each other. */
export interface Neighbours {
  /** Databases by their names in the file, with their names in the stack. */
  readonly databases: ReadonlyMap<string, string>;
  /** All names in the file that the stack has, with their names in it. */
  readonly names: ReadonlyMap<string, string>;
  readonly volumeUsers: ReadonlyMap<string, readonly string[]>;
  /** Variables of files that the file refers to. */
  readonly envFile: (service: string, path: string) => ReadonlyMap<string, string>;
  /** The image by its digest; undefined where nobody has looked it up. */
  readonly pinned: (image: string) => string | undefined;
}

/** What a service came to. */
export interface Converted {
  readonly value: Record<string, unknown>;
  /** Whether people reach it from outside. */
  readonly isPublished: boolean;
}

/** A database, of which phiward knows all but its image. */
export function databaseOf(
  from: string,
  name: string,
  kind: "postgres" | "redis",
  service: unknown,
  near: Neighbours,
  notes: Notes,
): Converted {
  const reference = imageReference(imageText(service));
  const own = `docker.io/library/${kind}${kind === "postgres" ? ":17" : reference?.path === "library/redis" && reference.tag !== undefined ? `:${reference.tag}` : ":7"}`;
  const isRight = reference !== undefined && isOwnBuild(reference.path) && (kind === "redis" || /^17(\D|$)/.test(reference.tag ?? ""));
  const isOther = reference !== undefined && !isOwnBuild(reference.path);
  if (!isRight)
    notes.add(
      from,
      "image",
      isOther
        ? `taken over as ${own}: another build of ${DATABASE_KINDS[kind].title}, whose extensions are not in it`
        : `taken over as ${own}, the version that is proven here: bring the data by a dump`,
    );
  notes.add(from, "environment", "its users, passwords and databases are made here, one for each service that uses it");
  const limit = memoryOf(service);
  unread(
    from,
    service,
    ["command", "depends_on", "entrypoint", "env_file", "environment", "expose", "healthcheck", "ports", "secrets", "user", "volumes"],
    notes,
  );
  return {
    value: { kind, name, image: imageOf(from, own, near, notes), ...(limit === undefined ? {} : { memoryMegabytes: Math.max(limit, 64) }) },
    isPublished: false,
  };
}

/** A program. */
export function containerOf(from: string, name: string, service: unknown, near: Neighbours, notes: Notes): Converted {
  const environment = environmentOf(from, given(from, service, near), [...near.databases.keys()], notes);
  const depended = [...dependsOn(service), ...environment.uses].flatMap((entry) => near.databases.get(entry) ?? []);
  const others = dependsOn(service).filter((entry) => !near.databases.has(entry));
  for (const other of others)
    notes.add(
      from,
      "depends_on",
      `${shownName(other)}: not taken over: a service reaches only the databases that it uses, and waits for nobody`,
    );
  const listening = portOf(from, member(service, "ports"), member(service, "expose"), notes);
  const [command, health] = [commandOf(from, service, notes), healthOf(from, member(service, "healthcheck"), notes)];
  const volumes = volumesOf(from, member(service, "volumes"), near.volumeUsers, notes);
  const [limit, cpus] = [memoryOf(service), processorsOf(service)];
  const secrets = [...environment.secrets.keys(), ...fileSecrets(from, service, notes)];
  for (const [secret, variable] of environment.secrets)
    notes.add(
      from,
      `environment.${shownName(variable)}`,
      `is the secret ${secret}, in the file that ${secret.replaceAll("-", "_").toUpperCase()}_FILE names; for a program that reads variables alone: secretEnvironment: { ${shownName(variable)}: ${secret} }`,
    );
  userOf(from, service, notes);
  unread(from, service, [], notes);
  return {
    value: {
      kind: "container",
      name,
      image: imageOf(from, imageText(service), near, notes),
      ...(declaredUser(textOf(member(service, "user"))) === undefined ? {} : { user: textOf(member(service, "user")) }),
      ...(command.length === 0 ? {} : { command }),
      ...(Object.keys(environment.variables).length === 0 ? {} : { environment: environment.variables }),
      ...(listening === undefined ? {} : { port: listening.port }),
      ...(limit === undefined ? {} : { memoryMegabytes: Math.max(limit, 16) }),
      ...(cpus === undefined ? {} : { cpus }),
      ...(health === undefined ? {} : { health }),
      ...(depended.length === 0 ? {} : { uses: [...new Set(depended)] }),
      ...(volumes.length === 0 ? {} : { volumes }),
      ...(secrets.length === 0 ? {} : { secrets: [...new Set(secrets)].map((secret) => ({ name: secret, from: secret })) }),
    },
    isPublished: listening?.isPublished === true,
  };
}

function given(from: string, service: unknown, near: Neighbours): ReadonlyMap<string, string | undefined> {
  const files = [member(service, "env_file") ?? []].flat().map((file: unknown) => textOf(member(file, "path") ?? file));
  return new Map([...files.flatMap((file) => [...near.envFile(from, file)]), ...variablesOf(member(service, "environment"))]);
}

function dependsOn(service: unknown): readonly string[] {
  return ["depends_on", "links"].flatMap((key) => {
    const value = member(service, key);
    return Array.isArray(value) ? value.map((entry: unknown) => textOf(entry).replace(/:.*$/, "")) : Object.keys(membersOf(value));
  });
}

function imageOf(from: string, image: string, near: Neighbours, notes: Notes): string {
  const reference = imageReference(image);
  if (reference === undefined) {
    notes.add(
      from,
      "image",
      "found none, expected an image: build it, push it to a registry, and give its digest; or bring it by `npx phiward adopt --images`",
    );
    return UNKNOWN;
  }
  if (reference.digest === undefined && (reference.tag ?? "latest") === "latest")
    notes.add(from, "image", "latest is whatever was pushed last: choose a version, and give its digest");
  const pinned = near.pinned(image);
  if (pinned !== undefined) return pinned;
  const unpinned = pinnedImage(reference, UNKNOWN);
  const name = unpinned.replace(`@${UNKNOWN}`, "");
  notes.add(from, "image", `its digest is not known; this shows it: docker buildx imagetools inspect ${shownName(name)}`);
  return unpinned;
}

// Stands where a digest is to be put in; the schema refuses it.
const UNKNOWN = "CHANGE";

function commandOf(from: string, service: unknown, notes: Notes): readonly string[] {
  if (member(service, "entrypoint") !== undefined)
    notes.add(
      from,
      "entrypoint",
      "not taken over: the image's own is started; where it must be another, put it into the image or begin `command` with it",
    );
  const command = member(service, "command");
  const words = Array.isArray(command) ? command.map(textOf) : shellWords(textOf(command ?? ""));
  if (words === undefined || words.some((word) => !/^[ -~]{1,1000}$/.test(word))) {
    notes.add(from, "command", "not taken over: a list of words of printable ASCII is allowed");
    return [];
  }
  if (secretArgument(words) !== undefined || words.some((word) => secretAssignment(word) !== undefined)) {
    notes.add(
      from,
      "command",
      "not taken over: one of the words is a secret, which everyone on the host could read; let the program read it from a file",
    );
    return [];
  }
  return words;
}

function userOf(from: string, service: unknown, notes: Notes): void {
  const user = member(service, "user");
  if (user !== undefined && declaredUser(textOf(user)) === undefined)
    notes.add(
      from,
      "user",
      `not taken over: allowed is ${USER_RULE}; without it the service gets numbers of its own, to which its volumes belong`,
    );
}

// As many digits as the schema takes.
function processorsOf(service: unknown): number | undefined {
  const given = Number(member(service, "cpus") ?? valueAt(service, ["deploy", "resources", "limits", "cpus"]) ?? 0);
  return given > 0 ? Math.min(128, Math.max(0.1, Math.round(given * 100) / 100)) : undefined;
}

function memoryOf(service: unknown): number | undefined {
  return megabytes(member(service, "mem_limit") ?? valueAt(service, ["deploy", "resources", "limits", "memory"]));
}

// A secret of Compose is the same file here.
function fileSecrets(from: string, service: unknown, notes: Notes): readonly string[] {
  const secrets = member(service, "secrets");
  return (Array.isArray(secrets) ? secrets : []).map((entry: unknown) => {
    const target = textOf(member(entry, "target") ?? member(entry, "source") ?? entry);
    const name = allowedName(target, "secret");
    if (name !== target) notes.add(from, "secrets", `is the file /run/secrets/${name} here`);
    return name;
  });
}

function unread(from: string, service: unknown, besides: readonly string[], notes: Notes): void {
  for (const key of Object.keys(membersOf(service))) {
    if (SAID_ANYWAY.includes(key) || READ.includes(key) || besides.includes(key) || key.startsWith("x-")) continue;
    notes.add(from, shownName(key), REFUSED[key] ?? "not taken over: not known");
  }
  for (const key of Object.keys(membersOf(member(service, "deploy"))))
    if (!["resources", "restart_policy", "mode", "update_config", "placement", "labels"].includes(key))
      notes.add(from, `deploy.${shownName(key)}`, "not taken over");
  const tmpfs = [member(service, "tmpfs") ?? []].flat().map((entry: unknown) => textOf(entry).split(":")[0]);
  if (tmpfs.some((path) => path !== "/tmp"))
    notes.add(from, "tmpfs", "not taken over: /tmp alone is in memory; all else but volumes is read-only");
}

/** The image of a service; a tag that a variable without a value has left empty is none. */
export function imageText(service: unknown): string {
  return textOf(member(service, "image")).replace(/:$/, "");
}
