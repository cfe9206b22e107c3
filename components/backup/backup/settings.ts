import { ACME_DIRECTORY, lastingName } from "../../config/names";
import type { StackConfig } from "../../config/schema";
import { ENGINES } from "../../containers/databases/engines";
import { redisHostSecret } from "../../containers/databases/redisFiles";
import type { ContainersModel, StackModel } from "../../containers/model";
import { BACKUP_SECRET, type DeclaredSecret, type SecretsSettings, serviceFilePath } from "../../containers/secrets/files";
import { PHI_MASTER } from "../../containers/secrets/phiMaster";
import { type OffsiteSettings, offsiteSettings } from "../../plan/offsite";
import { SECRETS_DIRECTORY } from "../../plan/types";
import { type AlertsSettings, alertsSettings } from "../alerts/settings";
import { SUBJECTS_REGISTER } from "../retention/settings";
import { type RestoreConsent, restoreConsent } from "./restores";

/** The key `backup`, complete. */
export type BackupConfig = NonNullable<StackConfig["backup"]>;

/** How old the last good one of each job may be, in seconds. */
export interface JobLimits {
  readonly backup: number;
  readonly check: number;
  readonly "restore-test": number;
}

/** The backups of one host. */
export interface BackupSettings {
  /** The name that the host keeps. */
  readonly host: string;
  readonly every: BackupConfig["every"];
  readonly time: string;
  readonly restoreTest: BackupConfig["restoreTest"];
  readonly keep: BackupConfig["keep"];
  /** Directory of the local repository. */
  readonly repository: string;
  readonly passwordFile: string;
  /** The password, sealed to the recovery key and to the vault. */
  readonly sealedFile: string;
  /** Database servers that are dumped: container, image, and names of their databases. An engine that is not dumped says why. */
  readonly databases: readonly { readonly service: string; readonly image: string; readonly names: readonly string[] }[];
  /**
   * Redis servers that are caches, each with the database of the service that uses it: what they answer is from before a restore of that.
   * Left out where there are none.
   */
  readonly caches?: readonly { readonly container: string; readonly database: string; readonly secret: string }[];
  readonly paths: readonly string[];
  /** Docker volumes of the services, but for those of databases: these are dumped, or their engine says why not. */
  readonly volumes: readonly string[];
  /** Files of the services' escrowed secrets: a restored database may be of no use without them. */
  readonly secrets: readonly string[];
  readonly limits: JobLimits;
  readonly offsite: OffsiteSettings | null;
  /** Host keys of the hosts that this one replaces: backups that they signed are this host's. */
  readonly formerHostKeys: readonly string[];
  readonly restores: RestoreConsent;
  readonly alerts: AlertsSettings;
}

const HOUR = 3600;

/** When the last good job counts as too old: late enough not to be a delay, early enough to be noticed the same day. */
export function limitsOf({ every, restoreTest }: BackupConfig): JobLimits {
  return {
    backup: every === "hour" ? 3 * HOUR : 30 * HOUR,
    check: 30 * HOUR,
    "restore-test": restoreTest === "day" ? 30 * HOUR : 8 * 24 * HOUR,
  };
}

/** Throws Error where the stack has no backups. */
export function backupSettings(stack: StackModel, host: string): BackupSettings {
  const { config, containers } = stack;
  const { backup } = config;
  if (backup === undefined) throw new Error("backup: found nothing, so this concern has nothing to do");
  const own = config.hosts.find(({ name }) => name === host);
  if (own === undefined) throw new Error(`hosts: found no ${host}`);
  const secret = `${BACKUP_SECRET.id}.${BACKUP_SECRET.epoch}`;
  return {
    host: lastingName(own),
    every: backup.every,
    time: backup.time,
    restoreTest: backup.restoreTest,
    keep: backup.keep,
    repository: "/var/backups/phiward/restic",
    passwordFile: `${SECRETS_DIRECTORY}/${secret}`,
    sealedFile: `/var/lib/phiward/escrow/${secret}.age`,
    databases: dumpedDatabases(containers),
    ...caches(containers),
    paths: [...backup.paths, ...acmePaths(config), ...(config.subjects === undefined ? [] : [SUBJECTS_REGISTER])],
    volumes: containers.services.flatMap(({ volumes }) => volumes.map(({ volume }) => volume)),
    secrets: escrowedFiles(containers.secrets),
    limits: limitsOf(backup),
    offsite: offsiteSettings(config, own),
    formerHostKeys: own.formerHostKeys,
    restores: restoreConsent(config),
    alerts: alertsSettings(stack, host),
  };
}

// A host that is restored goes on with its account and certificates: an authority counts how many one asks for.
function acmePaths({ sites }: StackConfig): readonly string[] {
  return sites.some(({ certificate }) => certificate.kind === "acme") ? [ACME_DIRECTORY] : [];
}

function dumpedDatabases({ databaseSettings }: ContainersModel): BackupSettings["databases"] {
  return databaseSettings
    .filter(({ kind, databases }) => ENGINES[kind].backup.kind === "dump" && databases.length > 0)
    .map(({ container, image, databases }) => ({ service: container, image, names: databases }));
}

// A service's database has its name.
function caches({ databaseSettings }: ContainersModel): Pick<BackupSettings, "caches"> {
  const found = databaseSettings
    .filter(({ profile }) => profile === "cache")
    .flatMap(({ container, name, users }) => users.map(({ service }) => ({ container, database: service, secret: redisHostSecret(name) })));
  return found.length === 0 ? {} : { caches: found };
}

function escrowedFiles({ secrets, files }: SecretsSettings): readonly string[] {
  // What the master key opens is in the dumps beside them: it comes back from its escrow alone.
  const apart = ({ id }: DeclaredSecret): boolean => id === BACKUP_SECRET.id || id.startsWith(PHI_MASTER);
  const escrowed = secrets.filter((secret) => secret.recipients.length > 0 && !apart(secret));
  return escrowed.flatMap(({ id, epoch }) => [
    `${SECRETS_DIRECTORY}/${id}.${epoch}`,
    ...files.filter((file) => "secret" in file && file.secret.id === id && file.secret.epoch === epoch).map(serviceFilePath),
  ]);
}
