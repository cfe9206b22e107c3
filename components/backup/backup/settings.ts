import { vaultAccount } from "../../config/names";
import type { StackConfig } from "../../config/schema";
import { BACKUP_SECRET, secretFilePath, secretsState } from "../../containers/secrets/settings";
import { databasesOf, servicesState } from "../../containers/services/model";
import { SSH_PORT } from "../../plan/places";
import { SECRETS_DIRECTORY } from "../../plan/types";
import { type AlertsState, alertsState } from "../alerts/settings";

/** The key `backup`, complete. */
export type BackupConfig = NonNullable<StackConfig["backup"]>;

/** How old the last good one of each job may be, in seconds. */
export interface JobLimits {
  readonly backup: number;
  readonly check: number;
  readonly "restore-test": number;
}

/** Where the second copy goes. */
export interface OffsiteState {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** The vault's pinned host key. */
  readonly hostKey: string;
}

/** The backups of one host. */
export interface BackupState {
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
  /** PostgreSQL servers: container, image, and names of their databases. What Redis holds is not kept: old sessions must not come back. */
  readonly databases: readonly { readonly service: string; readonly image: string; readonly names: readonly string[] }[];
  readonly paths: readonly string[];
  /** Docker volumes of the services, but for those of databases, whose dumps are kept. */
  readonly volumes: readonly string[];
  /** Files of the services' escrowed secrets: a restored database may be of no use without them. */
  readonly secrets: readonly string[];
  readonly limits: JobLimits;
  readonly offsite: OffsiteState | null;
  readonly alerts: AlertsState;
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

/** Takes the backups' part out of the configuration. Throws Error where the stack has none. */
export function backupState(config: StackConfig, host: string): BackupState {
  const { backup } = config;
  if (backup === undefined) throw new Error("backup: found nothing, so this unit has nothing to do");
  const secret = `${BACKUP_SECRET.id}.${String(BACKUP_SECRET.epoch)}`;
  return {
    host,
    every: backup.every,
    time: backup.time,
    restoreTest: backup.restoreTest,
    keep: backup.keep,
    repository: "/var/backups/phiward/restic",
    passwordFile: `${SECRETS_DIRECTORY}/${secret}`,
    sealedFile: `/var/lib/phiward/escrow/${secret}.age`,
    databases: databasesOf(config)
      .filter(({ kind, databases }) => kind === "postgres" && databases.length > 0)
      .map(({ container, image, databases }) => ({ service: container, image, names: databases })),
    paths: backup.paths,
    volumes: servicesState(config).services.flatMap(({ volumes }) => volumes.map(({ volume }) => volume)),
    secrets: escrowedFiles(config),
    limits: limitsOf(backup),
    offsite: offsiteState(config, host),
    alerts: alertsState(config, host),
  };
}

function escrowedFiles(config: StackConfig): readonly string[] {
  const { secrets, files } = secretsState(config);
  const escrowed = secrets.filter(({ id, recipients }) => recipients.length > 0 && id !== BACKUP_SECRET.id);
  return escrowed.flatMap(({ id, epoch }) => [
    `${SECRETS_DIRECTORY}/${id}.${String(epoch)}`,
    ...files.filter(({ secret }) => secret.id === id && secret.epoch === epoch).map(secretFilePath),
  ]);
}

// Who brings backups and who takes them know each other by their host keys. A droplet makes its own when it is made: until that is
// declared, its backups stay at home, and a policy says so.
function offsiteState(config: StackConfig, host: string): OffsiteState | null {
  const [vault, own] = [config.backup?.offsite, host].map((wanted) => config.hosts.find(({ name }) => name === wanted));
  if (vault?.address === undefined || vault.hostKey === undefined || own?.hostKey === undefined) return null;
  return { address: vault.address, port: SSH_PORT, user: vaultAccount(host), hostKey: vault.hostKey };
}
