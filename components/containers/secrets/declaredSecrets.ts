/** The secrets that a configuration asks for: which are made on the host, and which service gets which. */

import { containerUser } from "../../config/containerIds";
import { lastingName } from "../../config/names";
import type { ContainerConfig, DatabaseConfig, ServiceConfig, StackConfig } from "../../config/schema";
import { DATABASE_KINDS } from "../../config/sections/databaseKinds";
import { ENGINES } from "../databases/engines";
import { ownerOf } from "../users";
import { BACKUP_SECRET, type DeclaredSecret, hostSecret, type SecretEpoch, type SecretFile, type SecretsSettings, secretId } from "./files";

/** The secrets of each host that runs the services. */
export function declaredSecrets(config: StackConfig): SecretsSettings {
  const files = config.services.flatMap((service) => filesOf(config, service));
  const escrowed = new Set(
    config.services
      .filter((service) => service.kind === "container")
      .flatMap((service) => service.secrets.filter(({ escrow }) => escrow).map(({ name }) => secretId(lastingName(service), name))),
  );
  const backup = config.backup === undefined ? [] : [{ ...BACKUP_SECRET, recipients: [config.recovery.publicKey, ...vaultKey(config)] }];
  // A server's own: the host's programs set it, or nobody uses it once the server has begun its data.
  const servers = new Set(
    config.services.flatMap((service) =>
      service.kind === "container" ? [] : DATABASE_KINDS[service.kind].secrets.map((secret) => secretId(lastingName(service), secret)),
    ),
  );
  const named = files.map(
    ({ secret: { id, epoch } }): DeclaredSecret => ({
      ...{ id, epoch, recipients: escrowed.has(id) ? [config.recovery.publicKey] : [] },
      ...(servers.has(id) ? { replaceable: true } : {}),
    }),
  );
  const ofHost = config.services.flatMap((service) =>
    service.kind === "container"
      ? []
      : DATABASE_KINDS[service.kind].hostSecrets.map((secret) => ({
          ...{ ...hostSecret(lastingName(service), secret), recipients: [] },
          replaceable: true as const,
        })),
  );
  return { secrets: [...named, ...backup, ...ofHost], files };
}

/** The secret by which `service` logs in to `database`; its epoch is the database's. */
export function loginSecret(database: string, service: string, epoch: number): SecretEpoch {
  return { id: secretId(database, service), epoch };
}

/** The name by which `service` logs in: it changes with the epoch, so that old and new are valid side by side while both are in use. */
export function loginName(service: string, epoch: number): string {
  return `${service}_e${String(epoch)}`;
}

function filesOf(config: StackConfig, service: ServiceConfig): readonly SecretFile[] {
  return service.kind === "container" ? applicationFiles(config, service) : serverFiles(service);
}

function serverFiles(database: DatabaseConfig): readonly SecretFile[] {
  const { kind } = database;
  const name = lastingName(database);
  return DATABASE_KINDS[kind].secrets.map((secret) => ({
    service: name,
    name: secret,
    secret: { id: secretId(name, secret), epoch: 1 },
    template: "{}",
    owner: ownerOf(containerUser(database)),
  }));
}

function applicationFiles(config: StackConfig, service: ContainerConfig): readonly SecretFile[] {
  return [
    ...service.uses.flatMap((name) => databaseUrlFile(config, service, name)),
    ...service.secrets.map(
      ({ name, epoch }): SecretFile => ({
        service: lastingName(service),
        name,
        secret: { id: secretId(lastingName(service), name), epoch },
        template: "{}",
        owner: ownerOf(containerUser(service)),
      }),
    ),
  ];
}

function databaseUrlFile(config: StackConfig, service: ContainerConfig, name: string): readonly SecretFile[] {
  const database = config.services.find((entry) => entry.name === name);
  if (database === undefined || database.kind === "container") return [];
  const [host, own] = [lastingName(database), lastingName(service)];
  const template = ENGINES[database.kind].clientUrl({ host, login: loginName(own, database.epoch), service: own });
  return [
    {
      service: own,
      // What it finds in its container, it finds by present names.
      name: `${name}-url`,
      secret: loginSecret(host, own, database.epoch),
      template,
      owner: ownerOf(containerUser(service)),
    },
  ];
}

function vaultKey({ backup, hosts }: StackConfig): readonly string[] {
  return hosts.flatMap(({ name, hostKey }) => (name === backup?.offsite && hostKey !== undefined ? [hostKey] : []));
}
