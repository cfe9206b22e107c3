/** The secrets that a configuration asks for: which are made on the host, and which service gets which. */

import { containerUser } from "../../config/containerIds";
import { lastingName } from "../../config/names";
import type { DatabaseConfig, ServiceConfig, StackConfig } from "../../config/schema";
import { DATABASE_KINDS } from "../../config/sections/databaseKinds";
import { ownerOf } from "../users";
import { applicationFiles } from "./applicationFiles";
import {
  BACKUP_SECRET,
  type DeclaredSecret,
  hostSecret,
  type SecretEpoch,
  type SecretFile,
  type SecretsSettings,
  type ServiceFile,
  SUBJECTS_SECRET,
  secretId,
} from "./files";
import { phiMasterFiles, phiMasters } from "./phiMaster";

/** The secrets of each host that runs the services. */
export function declaredSecrets(config: StackConfig): SecretsSettings {
  const files = config.services.flatMap((service) => filesOf(config, service));
  const escrowed = new Set(
    config.services
      .filter((service) => service.kind === "container")
      .flatMap((service) =>
        service.secrets.filter(({ from, escrow }) => escrow && from === undefined).map(({ name }) => secretId(lastingName(service), name)),
      ),
  );
  const backup = config.backup === undefined ? [] : [{ ...BACKUP_SECRET, recipients: [config.recovery.publicKey, ...vaultKey(config)] }];
  const subjects = config.subjects === undefined ? [] : [{ ...SUBJECTS_SECRET, recipients: [config.recovery.publicKey] }];
  // A server's own: the host's programs set it, or nobody uses it once the server has begun its data.
  const servers = new Set(
    config.services.flatMap((service) =>
      service.kind === "container" ? [] : DATABASE_KINDS[service.kind].secrets.map((secret) => secretId(lastingName(service), secret)),
    ),
  );
  const masters = phiMasters(config);
  const named = madeOf(files.filter((file) => !masters.some(({ id }) => "secret" in file && file.secret.id === id))).map(
    ({ id, epoch }): DeclaredSecret => ({
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
  const retired = config.phi?.retired ?? 0;
  return { secrets: [...named, ...backup, ...subjects, ...ofHost, ...masters], files, ...(retired > 0 ? { phiRetired: retired } : {}) };
}

function filesOf(config: StackConfig, service: ServiceConfig): readonly ServiceFile[] {
  return service.kind === "container" ? applicationFiles(config, service) : [...serverFiles(service), ...phiMasterFiles(config, service)];
}

// The secrets that are made on the host, each once. A database's password is in more than one file.
function madeOf(files: readonly ServiceFile[]): readonly SecretEpoch[] {
  const made = files.flatMap((file) => ("secret" in file ? [file.secret] : []));
  return [...new Map(made.map((secret) => [secret.id, secret])).values()];
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

function vaultKey({ backup, hosts }: StackConfig): readonly string[] {
  return hosts.flatMap(({ name, hostKey }) => (name === backup?.offsite && hostKey !== undefined ? [hostKey] : []));
}
