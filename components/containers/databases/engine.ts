/** What phiward must know of a database engine to run one. Every member is required: an engine that leaves one out does not compile. */
import type { ControlId } from "../../compliance/controls";
import type { ContainerUser } from "../../config/containerIds";
import type { DatabaseKind } from "../../config/sections/databaseKinds";
import type { PostgresTuning } from "../../config/sections/postgresKeys";
import type { RedisProfile } from "../../config/sections/redisKeys";
import type { PlanDirectory } from "../../plan/files";
import type { Check, Step } from "../../plan/types";
import type { SecretEpoch } from "../secrets/files";
import type { BindMount, ConfigurationFile, ContainerSettings } from "../services/containerSettings";

/** What is chosen of one database, beside what follows from its memory; what is not chosen is left out. */
export interface DatabaseTuning {
  readonly settings?: PostgresTuning;
  readonly sharedMemoryMegabytes?: number;
  readonly profile?: RedisProfile;
}

/** A database of the configuration, and who uses it. */
export interface DatabaseSettings extends DatabaseTuning {
  readonly kind: DatabaseKind;
  /** The name that it keeps. */
  readonly name: string;
  /** Name of its container. */
  readonly container: string;
  readonly image: string;
  readonly volume: string;
  /** What the server runs as. */
  readonly user: ContainerUser;
  readonly memoryMegabytes: number;
  /** The services that use it, by the names that they keep, each with the epoch of its password, and the extensions that it needs, if any. */
  readonly users: readonly { readonly service: string; readonly epoch: number; readonly extensions?: readonly string[] }[];
  /** Names of the databases in it. */
  readonly databases: readonly string[];
  /** Whether any of them has patients' columns; left out where none has. */
  readonly phi?: true;
  /** Why connections without TLS are accepted; left out where they are refused. */
  readonly unencrypted?: string;
  /** Its configuration files, in their own directory on the host. */
  readonly files: readonly ConfigurationFile[];
}

/** An account of a service in a database. */
export interface DatabaseAccount {
  readonly service: string;
  /** Name that it logs in by, with the epoch of its password. */
  readonly login: string;
  readonly secret: SecretEpoch;
  /** Extensions that it needs; left out where there are none. */
  readonly extensions?: readonly string[];
}

/** A person who may read databases of a server. */
export interface DatabaseReader {
  readonly name: string;
  /** By the names that they keep. */
  readonly databases: readonly string[];
  /** Those whose rights and records alone they may read; left out where there are none. */
  readonly audits?: readonly string[];
}

/** A running database and the accounts that it should have. */
export interface DatabaseAccounts extends DatabaseTuning {
  readonly kind: DatabaseKind;
  readonly database: string;
  readonly container: string;
  readonly user: ContainerUser;
  readonly memoryMegabytes: number;
  readonly accounts: readonly DatabaseAccount[];
  /** People who may read in it; left out where there are none. */
  readonly people?: readonly DatabaseReader[];
  /** As `DatabaseSettings` has them. */
  readonly phi?: true;
  readonly unencrypted?: string;
}

/** The parts of a container that differ from engine to engine. */
export type EngineContainer = Pick<
  ContainerSettings,
  "command" | "environment" | "temporary" | "sharedMemoryMegabytes" | "health" | "stopSignal" | "stopSeconds"
> & {
  /** Where the data is in the container; a volume is mounted there. */
  readonly dataPath: string;
  /** What the container sees of the host beside its configuration and its secrets. */
  readonly bindMounts: readonly BindMount[];
};

/** How the data gets into the host's backups, or why it does not. */
export type DatabaseBackup =
  /** The host's backup program dumps each of the databases with this program; another program has to be written there first. */
  { readonly kind: "dump"; readonly program: "pg_dump" } | { readonly kind: "none"; readonly because: string };

/** How an image of a newer version takes over the data. */
export type DatabaseUpgrade =
  /**
   * The data can be read by one major version alone. The smoke test refuses any other image, and data that another one wrote;
   * the operator dumps with the old version and restores with the new.
   */
  | { readonly kind: "dumpAndRestore"; readonly major: string; readonly versions: VersionSources }
  | { readonly kind: "inPlace"; readonly because: string };

/** Where the smoke test reads versions: of each text, the first word that begins with a digit, up to its first dot. */
export interface VersionSources {
  /** Prints the version of the server; it runs in a container of the image. */
  readonly command: readonly string[];
  /** File in which the server writes the version of its data, below `EngineContainer.dataPath`. */
  readonly dataFile: string;
  /** An image that an operator may take instead of one that was refused, without its digest. */
  readonly exampleImage: string;
}

/** Parts of the address of a database, as a client is configured by them. */
export interface ClientParts {
  readonly host: string;
  readonly port: string;
  /** Name of the database, or its number. */
  readonly name: string;
  readonly user: string;
}

/** A client of a database. */
export interface DatabaseClient {
  readonly host: string;
  readonly login: string;
  readonly service: string;
  /** Whether it connects by TLS, and takes no server that the host's own authority does not vouch for. */
  readonly encrypted: boolean;
}

/** A database engine. */
export interface DatabaseEngine {
  /** Port that the server listens on in its own network. */
  readonly port: number;
  /** The files that the server is configured by; its container sees them read-only. */
  files(database: Pick<DatabaseSettings, "user" | "memoryMegabytes"> & DatabaseTuning): readonly ConfigurationFile[];
  container(database: Pick<DatabaseSettings, "name" | "user" | "memoryMegabytes"> & DatabaseTuning): EngineContainer;
  /** What the host must have before the first start, beside the configuration: directories, and steps that fill them. */
  prepare(database: Pick<DatabaseSettings, "name" | "user">): {
    readonly directories: readonly PlanDirectory[];
    readonly steps: readonly Step[];
  };
  /** What a service connects by, as one line; `{}` stands for the password. */
  clientUrl(client: DatabaseClient): string;
  /** The same in parts, without the password, for programs that take no URL. */
  clientParts(client: DatabaseClient): ClientParts;
  /** Names of the databases that the server keeps for these services. */
  databases(services: readonly string[]): readonly string[];
  readonly accounts: {
    /** What the host's program needs to add and retire accounts, beside the container and the logins. */
    settings(database: DatabaseAccounts): Readonly<Record<string, unknown>>;
    /** Asks the running server whether it has the declared accounts and no others. */
    currentOnly(database: DatabaseAccounts, about: Pick<Check, "id" | "control">): Check;
  };
  /** Checks of the running server. */
  checks(database: DatabaseAccounts): readonly Check[];
  /** The control that demands TLS. */
  readonly encryptedControl: ControlId;
  /** Asks the running server whether it refuses a connection without TLS. */
  plainRefused(database: DatabaseAccounts, about: Pick<Check, "id" | "control">): Check;
  /** The control that forbids the container to publish a port. */
  readonly publishedControl: ControlId;
  readonly backup: DatabaseBackup;
  readonly upgrade: DatabaseUpgrade;
  readonly smokeTest: {
    /** What the container sees during the smoke test in place of a mount of the real one; the mount itself if that may be shared. */
    bindMount(mount: BindMount, database: string): BindMount;
  };
}

/** Each question is a line in the log of a database: twice a minute is enough, where nobody waits for the answer. */
export const DATABASE_HEALTH = { everySeconds: 30, timeoutSeconds: 5, retries: 3, startSeconds: 120 } as const;
