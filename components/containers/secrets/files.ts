/** Secrets that are made on a host, and the files by which services get them. */
import type { AbsolutePath, Owner } from "../../plan/files";
import { SECRETS_DIRECTORY } from "../../plan/types";
import { SERVICES_DIRECTORY } from "../names";

/** A secret, by name and by how often it was rotated. */
export interface SecretEpoch {
  readonly id: string;
  readonly epoch: number;
}

/** A secret that is made on the host and stored there. */
export interface DeclaredSecret extends SecretEpoch {
  /** age recipients that it is escrowed to. */
  readonly recipients: readonly string[];
  /** Whether another value may take the place of a lost one (`KeptSecret`). */
  readonly replaceable?: true;
}

/** A file by which one service gets one secret. */
export interface SecretFile {
  /** The name that the service keeps. */
  readonly service: string;
  /** Name of the file in the container, under /run/secrets. */
  readonly name: string;
  readonly secret: SecretEpoch;
  /** Text of the file; `{}` stands for the secret. */
  readonly template: string;
  /** `uid:gid` of the service. */
  readonly owner: Owner;
}

/** The secrets of a host. */
export interface SecretsSettings {
  readonly secrets: readonly DeclaredSecret[];
  readonly files: readonly SecretFile[];
}

/** The password of the backups' repositories. */
export const BACKUP_SECRET: SecretEpoch = { id: "backup", epoch: 1 };

/** A secret of one service, or of what one service has in another, by both names. */
export function secretId(service: string, secret: string): string {
  return `${service}-${secret}`;
}

/** A secret of the database `name` that only programs of the host use. */
export function hostSecret(name: string, secret: string): SecretEpoch {
  return { id: secretId(name, secret), epoch: 1 };
}

/** Path at which the host keeps a secret. */
export function keptSecretPath({ id, epoch }: SecretEpoch): AbsolutePath {
  return `${SECRETS_DIRECTORY}/${id}.${String(epoch)}`;
}

/** Path of a secret's file on the host: a new epoch is a new file, so that what reads the old one is not disturbed. */
export function secretFilePath({ service, name, secret }: SecretFile): AbsolutePath {
  return `${secretFilesDirectory(service)}/${name}.${String(secret.epoch)}`;
}

/** Directory of a service's secret files on the host. */
export function secretFilesDirectory(service: string): AbsolutePath {
  return `${SERVICES_DIRECTORY}/${service}/secrets`;
}
