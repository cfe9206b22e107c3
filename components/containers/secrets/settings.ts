import type { ContainerConfig, ServiceConfig, StackConfig } from "../../config/schema";
import { DATABASE_USER } from "../services/databaseUser";

/** A secret, by name and by how often it was made anew. */
export interface SecretEpoch {
  readonly id: string;
  readonly epoch: number;
}

/** A secret that is made on the host and kept there. */
export interface DeclaredSecret extends SecretEpoch {
  /** age recipients that it is escrowed to. */
  readonly recipients: readonly string[];
}

/** A file by which one service is handed one secret. */
export interface SecretFile {
  readonly service: string;
  /** Name of the file in the container, under /run/secrets. */
  readonly name: string;
  readonly secret: SecretEpoch;
  /** What the file says; `{}` stands for the secret. */
  readonly template: string;
  /** `uid:gid` of the service. */
  readonly owner: string;
}

/** The secrets of a host. */
export interface SecretsState {
  readonly secrets: readonly DeclaredSecret[];
  readonly files: readonly SecretFile[];
}

/** The password of the backups' repositories. */
export const BACKUP_SECRET: SecretEpoch = { id: "backup", epoch: 1 };

/** Takes the secrets' part out of the configuration: what is made on the host, and who is handed it. */
export function secretsState(config: StackConfig): SecretsState {
  const files = config.services.flatMap((service) => filesOf(config, service));
  const escrowed = new Set(
    containers(config).flatMap(({ name, secrets }) => secrets.filter(({ escrow }) => escrow).map((secret) => secretId(name, secret.name))),
  );
  const backup = config.backup === undefined ? [] : [{ ...BACKUP_SECRET, recipients: [config.recovery.publicKey, ...vaultKey(config)] }];
  const named = files.map(
    ({ secret: { id, epoch } }): DeclaredSecret => ({ id, epoch, recipients: escrowed.has(id) ? [config.recovery.publicKey] : [] }),
  );
  return { secrets: [...named, ...backup], files };
}

/** What the host keeps for its services, by their names. */
export const SERVICES_DIRECTORY = "/var/lib/phiward/services";

/** Path of a secret's file on the host: a new epoch is a new file, so that what reads the old one is not disturbed. */
export function secretFilePath({ service, name, secret }: SecretFile): string {
  return `${secretFilesDirectory(service)}/${name}.${String(secret.epoch)}`;
}

/** Directory of a service's secret files on the host. */
export function secretFilesDirectory(service: string): string {
  return `${SERVICES_DIRECTORY}/${service}/secrets`;
}

/** The secret by which `service` logs in to `database`; its epoch is the database's. */
export function loginSecret(database: ServiceConfig, service: string): SecretEpoch {
  return { id: `${database.name}-${service}`, epoch: database.kind === "container" ? 1 : database.epoch };
}

/** The name by which `service` logs in: it changes with the epoch, so that old and new are valid side by side while both are in use. */
export function loginName(database: ServiceConfig, service: string): string {
  return `${service}_e${String(loginSecret(database, service).epoch)}`;
}

function filesOf(config: StackConfig, service: ServiceConfig): readonly SecretFile[] {
  switch (service.kind) {
    case "postgres":
      return [
        {
          service: service.name,
          name: "postgres",
          secret: { id: `${service.name}-postgres`, epoch: 1 },
          template: "{}",
          owner: DATABASE_USER,
        },
      ];
    case "redis":
      return [];
    case "container":
      return [
        ...service.uses.flatMap((name) => loginFile(config, service, name)),
        ...service.secrets.map(
          ({ name, epoch }): SecretFile => ({
            service: service.name,
            name,
            secret: { id: secretId(service.name, name), epoch },
            template: "{}",
            owner: service.user,
          }),
        ),
      ];
    default: {
      const never: never = service;
      return never;
    }
  }
}

function loginFile(config: StackConfig, service: ContainerConfig, name: string): readonly SecretFile[] {
  const database = config.services.find((entry) => entry.name === name);
  if (database === undefined || database.kind === "container") return [];
  const login = loginName(database, service.name);
  const template =
    database.kind === "postgres" ? `postgresql://${login}:{}@${name}:5432/${service.name}` : `redis://${login}:{}@${name}:6379/0`;
  return [{ service: service.name, name: `${name}-url`, secret: loginSecret(database, service.name), template, owner: service.user }];
}

function vaultKey({ backup, hosts }: StackConfig): readonly string[] {
  return hosts.flatMap(({ name, hostKey }) => (name === backup?.offsite && hostKey !== undefined ? [hostKey] : []));
}

function containers(config: StackConfig): readonly ContainerConfig[] {
  return config.services.filter((service) => service.kind === "container");
}

function secretId(service: string, secret: string): string {
  return `${service}-${secret}`;
}
