/** The master key of patients' columns: made on the host, escrowed, read by the database server alone, and in no backup. */
import { containerUser } from "../../config/containerIds";
import { lastingName } from "../../config/names";
import type { ContainerConfig, DatabaseConfig, StackConfig } from "../../config/schema";
import { programCommand } from "../../plan/programs";
import { ownerOf } from "../users";
import type { DeclaredSecret, SecretFile } from "./files";

/** What their names begin with: each epoch's is a secret of its own, since what an earlier one has locked needs it for good. */
export const PHI_MASTER = "phi-master-";

/** The highest epoch that `phi.epoch` may be. */
const MOST_EPOCHS = 99;

// PostgreSQL shows the first hundred characters of the line at which a statement that reads a file was ended (functions.py, PADDING).
const TEMPLATE = `${"Master key of patients' columns, for PostgreSQL alone. ".padEnd(128, ".")}{}`;

/** A service's database with patients' columns. */
export interface PhiDatabase {
  /** Name of its server's container. */
  readonly container: string;
  readonly database: string;
  /** Services that may decrypt there. */
  readonly readers: readonly string[];
  /** Services that may encrypt there. */
  readonly writers: readonly string[];
}

/** The databases with patients' columns, by the names that they keep. */
export function phiDatabases(config: StackConfig): readonly PhiDatabase[] {
  return (config.phi?.databases ?? []).flatMap(({ service: name, access }) => {
    const service = config.services.find((entry): entry is ContainerConfig => entry.name === name && entry.kind === "container");
    if (service === undefined) return [];
    const database = lastingName(service);
    return serversOf(config, service).map((server) => ({
      container: lastingName(server),
      database,
      readers: access === "write" ? [] : [database],
      writers: [database],
    }));
  });
}

function serversOf(config: StackConfig, { uses }: ContainerConfig): readonly DatabaseConfig[] {
  return config.services.filter((entry): entry is DatabaseConfig => entry.kind === "postgres" && uses.includes(entry.name));
}

/** The master keys that the host has, the first one first. */
export function phiMasters({ phi, recovery }: StackConfig): readonly DeclaredSecret[] {
  return epochs(phi).map((epoch) => ({
    ...{ id: `${PHI_MASTER}${String(epoch)}`, epoch: 1, recipients: [recovery.publicKey] },
    newIf: programCommand("phi", "unused", String(epoch)),
  }));
}

/** The files by which the server `database` has them; none where no database in it has patients' columns. */
export function phiMasterFiles(config: StackConfig, database: DatabaseConfig): readonly SecretFile[] {
  const service = lastingName(database);
  if (!phiDatabases(config).some(({ container }) => container === service)) return [];
  return epochs(config.phi).map((epoch) => {
    const name = `${PHI_MASTER}${String(epoch)}`;
    return { service, name, secret: { id: name, epoch: 1 }, template: TEMPLATE, owner: ownerOf(containerUser(database)) };
  });
}

function epochs(phi: StackConfig["phi"]): readonly number[] {
  return Array.from({ length: phi?.epoch ?? 0 }, (_, index) => index + 1).filter((epoch) => epoch > (phi?.retired ?? 0));
}

/** Names of the master keys' files up to an epoch. */
export function phiMastersUpTo(epoch: number): readonly string[] {
  return Array.from({ length: epoch }, (_, index) => `${PHI_MASTER}${String(index + 1)}.1`);
}

/** What the files of master keys are called that stay, whatever is declared otherwise: rows and dumps need them. */
export function keptPhiMasters(retired: number): readonly string[] {
  if (retired === 0) return [`${PHI_MASTER}*`];
  return Array.from({ length: MOST_EPOCHS - retired }, (_, index) => `${PHI_MASTER}${String(index + retired + 1)}.*`);
}
