/** Secrets of a host, and the files by which services get them. */
import { createHash } from "node:crypto";
import type { BroughtSecret } from "../../config/sections/secrets";
import type { AbsolutePath, FilledPart, Owner } from "../../plan/files";
import { SECRETS_DIRECTORY } from "../../plan/types";
import { SECRETS_IN_CONTAINER, SERVICES_DIRECTORY } from "../names";
import { type LauncherFile, launcherPath } from "./launcher";

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
  /** What says whether one may be made (`KeptSecret`). */
  readonly newIf?: readonly string[];
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
  /** What tells it from a file of the same secret with another text; left out where there was never another. */
  readonly form?: "tls";
  /** `uid:gid` of the service. */
  readonly owner: Owner;
}

/** A file by which one service gets a secret that was brought. */
export interface BroughtFile extends Pick<SecretFile, "service" | "name" | "owner"> {
  readonly brought: BroughtSecret;
}

/** A file of a service's configuration, with secrets in it. */
export interface ConfigurationFile extends Pick<SecretFile, "service" | "owner"> {
  /** Where it is in the container. */
  readonly path: string;
  readonly filled: readonly FilledPart[];
}

/** A file of the launcher that sets a service's variables. */
export interface LaunchFile extends Pick<SecretFile, "service"> {
  readonly launcher: LauncherFile;
}

/** A file that is there for one service. */
export type ServiceFile = SecretFile | BroughtFile | ConfigurationFile | LaunchFile;

/** The secrets of a host. */
export interface SecretsSettings {
  readonly secrets: readonly DeclaredSecret[];
  readonly files: readonly ServiceFile[];
  /** Master keys of patients' columns up to this epoch leave the host; none without it. */
  readonly phiRetired?: number;
}

/** The password of the backups' repositories. */
export const BACKUP_SECRET: SecretEpoch = { id: "backup", epoch: 1 };

/** The key of the register of erased persons. */
export const SUBJECTS_SECRET: SecretEpoch = { id: "subjects", epoch: 1 };

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

/** Path of a service's file on the host: other content is another file, so that what reads the old one is not disturbed. */
export function serviceFilePath(file: ServiceFile): AbsolutePath {
  return `${secretFilesDirectory(file.service)}/${fileName(file)}`;
}

// Names of secrets have no dot: none of these can be another one's.
function fileName(file: ServiceFile): string {
  if ("secret" in file) return [file.name, file.secret.epoch, ...(file.form === undefined ? [] : [file.form])].join(".");
  if ("brought" in file) return `${file.name}.${file.brought.version}`;
  if ("launcher" in file) return `launcher.${file.launcher}`;
  return `configuration.${pathId(file)}.${sha256(JSON.stringify(file.filled)).slice(0, 16)}`;
}

/** Where a service finds a file in its container. */
export function pathInContainer(file: ServiceFile): string {
  if ("launcher" in file) return launcherPath(file.launcher);
  return "path" in file ? file.path : `${SECRETS_IN_CONTAINER}/${file.name}`;
}

/** Stands for a configuration file's path where a path cannot be. */
export function pathId({ path }: ConfigurationFile): string {
  return sha256(path).slice(0, 8);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Directory of a service's secret files on the host. */
export function secretFilesDirectory(service: string): AbsolutePath {
  return `${SERVICES_DIRECTORY}/${service}/secrets`;
}
