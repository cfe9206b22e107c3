/** The files that an application gets: of its databases, its secrets and its configuration. */
import { containerUser } from "../../config/containerIds";
import { lastingName } from "../../config/names";
import { type DatabasePart, type Piece, pieces } from "../../config/placeholders";
import type { ContainerConfig, DatabaseConfig, StackConfig } from "../../config/schema";
import type { FilledPart } from "../../plan/files";
import type { ClientParts, DatabaseClient } from "../databases/engine";
import { ENGINES } from "../databases/engines";
import { ownerOf } from "../users";
import { type BroughtFile, type SecretEpoch, type SecretFile, type ServiceFile, secretId } from "./files";
import { LAUNCHER } from "./launcher";

/** The secret by which `service` logs in to `database`; its epoch is the database's. */
export function loginSecret(database: string, service: string, epoch: number): SecretEpoch {
  return { id: secretId(database, service), epoch };
}

/** The name by which `service` logs in: it changes with the epoch, so that old and new are valid side by side while both are in use. */
export function loginName(service: string, epoch: number): string {
  return `${service}_e${String(epoch)}`;
}

/** The files of an application, in the order in which it has them mounted. */
export function applicationFiles(config: StackConfig, service: ContainerConfig): readonly ServiceFile[] {
  const own = { service: lastingName(service), owner: ownerOf(containerUser(service)) };
  const databases = databasesOf(config, service);
  return [
    ...databases.flatMap(({ database, secret, client }): readonly SecretFile[] => [
      {
        service: own.service,
        name: `${database.name}-url`,
        secret,
        template: ENGINES[database.kind].clientUrl(client),
        owner: own.owner,
        ...(client.encrypted ? { form: "tls" } : {}),
      },
      ...(service.databaseParts
        ? [{ service: own.service, name: `${database.name}-password`, secret, template: "{}", owner: own.owner }]
        : []),
    ]),
    ...service.secrets.map((secret): SecretFile | BroughtFile => {
      const brought = broughtOf(config, secret.from);
      return brought === undefined
        ? { service: own.service, name: secret.name, secret: madeSecret(service, secret), template: "{}", owner: own.owner }
        : { ...own, name: secret.name, brought };
    }),
    ...service.configurationFiles.map(({ path, content }) => ({
      ...own,
      path,
      filled: pieces(content).map((piece) => filledPart(config, service, piece)),
    })),
    ...(Object.keys(service.secretEnvironment).length === 0 ? [] : LAUNCHER.map((launcher) => ({ service: own.service, launcher }))),
  ];
}

/** The variables by which an application is told the parts of its databases' addresses; none unless it asks for them. */
export function databaseVariables(config: StackConfig, service: ContainerConfig): Readonly<Record<string, string>> {
  if (!service.databaseParts) return {};
  return Object.fromEntries(
    databasesOf(config, service).flatMap(({ database, parts }) =>
      Object.entries(parts).map(([part, value]) => [`${database.name}_${part}`.toUpperCase().replaceAll("-", "_"), value]),
    ),
  );
}

/** Whether services connect to a database by TLS alone. */
export function isEncrypted({ unencrypted }: Pick<DatabaseConfig, "unencrypted">): boolean {
  return unencrypted === undefined;
}

/** The databases that an application connects to by TLS, by their names. */
export function encryptedDatabases(config: StackConfig, service: ContainerConfig): readonly string[] {
  return databasesOf(config, service).flatMap(({ database, client }) => (client.encrypted ? [database.name] : []));
}

interface UsedDatabase {
  readonly database: DatabaseConfig;
  readonly client: DatabaseClient;
  readonly secret: SecretEpoch;
  readonly parts: ClientParts;
}

// What it finds in its container, it finds by present names; what is stored goes by lasting ones.
function databasesOf(config: StackConfig, service: ContainerConfig): readonly UsedDatabase[] {
  return service.uses.flatMap((name) => {
    const database = config.services.find((entry) => entry.name === name);
    if (database === undefined || database.kind === "container") return [];
    const [host, own] = [lastingName(database), lastingName(service)];
    const client = { host, login: loginName(own, database.epoch), service: own, encrypted: isEncrypted(database) };
    return [{ database, client, secret: loginSecret(host, own, database.epoch), parts: ENGINES[database.kind].clientParts(client) }];
  });
}

function broughtOf({ secrets }: StackConfig, from: string | undefined): BroughtFile["brought"] | undefined {
  return secrets.find(({ name }) => name === from);
}

function madeSecret(service: ContainerConfig, { name, epoch }: ContainerConfig["secrets"][number]): SecretEpoch {
  return { id: secretId(lastingName(service), name), epoch };
}

function filledPart(config: StackConfig, service: ContainerConfig, piece: Piece): FilledPart {
  switch (piece.kind) {
    case "text":
      return { text: piece.text };
    case "secret":
      return secretPart(config, service, piece.name);
    case "database":
      return databasePart(config, service, piece.database, piece.part);
    case "unknown":
      throw new Error("configurationFiles: found a placeholder that the schema refuses");
  }
}

function secretPart(config: StackConfig, service: ContainerConfig, name: string): FilledPart {
  const secret = service.secrets.find((entry) => entry.name === name);
  if (secret === undefined) throw new Error("configurationFiles: found a secret that the schema refuses");
  const brought = broughtOf(config, secret.from);
  return brought === undefined ? { kept: madeSecret(service, secret) } : { secret: brought.name, version: brought.version };
}

function databasePart(config: StackConfig, service: ContainerConfig, database: string, part: DatabasePart): FilledPart {
  const used = databasesOf(config, service).find((entry) => entry.database.name === database);
  if (used === undefined) throw new Error("configurationFiles: found a database that the schema refuses");
  return part === "password" ? { kept: used.secret } : { text: used.parts[part] };
}
