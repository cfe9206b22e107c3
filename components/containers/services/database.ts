/** Databases as services: who uses them, and the containers that they run in. */
import type { ServiceConfig, StackConfig } from "../../config/schema";
import { loginSecret, SERVICES_DIRECTORY } from "../secrets/settings";
import { type BoundPath, type ContainerState, limits, networkName, secretFiles, TEMPORARY, volumeName } from "./container";
import { configurationFiles, type ServiceFile } from "./databaseFiles";
import { DATABASE_USER } from "./databaseUser";

/** A database, and who uses it. */
export interface DatabaseState {
  readonly kind: "postgres" | "redis";
  readonly name: string;
  /** Name of its container. */
  readonly container: string;
  readonly image: string;
  readonly volume: string;
  readonly memoryMegabytes: number;
  /** The services that use it, each with the epoch of its password. */
  readonly users: readonly { readonly service: string; readonly epoch: number }[];
  /** Names of the databases in it. */
  readonly databases: readonly string[];
  /** Files that it is configured by, in a directory of their own on the host. */
  readonly files: readonly ServiceFile[];
}

type DatabaseConfig = Exclude<ServiceConfig, { kind: "container" }>;

/** Where a database's configuration lies: the same path on the host, by the database's name, and in its container. */
export const CONFIGURATION_DIRECTORY = "/etc/phiward/services";
const CONFIGURATION_IN_CONTAINER = "/etc/phiward";

/** Where a Redis' users are listed, on the host. */
export function aclDirectory(database: string): string {
  return `${SERVICES_DIRECTORY}/${database}/acl`;
}

/** A database of the configuration. */
export function databaseState(config: StackConfig, database: DatabaseConfig): DatabaseState {
  const users = usersOf(config, database.name);
  return {
    kind: database.kind,
    name: database.name,
    container: database.name,
    image: database.image,
    volume: volumeName(database.name, "data"),
    memoryMegabytes: database.memoryMegabytes,
    users: users.map((service) => ({ service, epoch: loginSecret(database, service).epoch })),
    databases: database.kind === "postgres" ? users : [],
    files: configurationFiles(database.kind, database.memoryMegabytes),
  };
}

function usersOf(config: StackConfig, database: string): readonly string[] {
  return config.services.flatMap((service) => (service.kind === "container" && service.uses.includes(database) ? [service.name] : []));
}

/** The container that a database runs in. */
export function databaseContainer(config: StackConfig, database: DatabaseConfig): ContainerState {
  const { name, kind, files } = databaseState(config, database);
  return {
    service: name,
    kind,
    image: database.image,
    user: DATABASE_USER,
    port: null,
    internet: false,
    networks: [networkName(name)],
    limits: limits(config, database),
    init: false,
    configuration: files,
    ...(kind === "postgres" ? postgres(config, database) : redis(database)),
  };
}

type OfKind = Pick<
  ContainerState,
  "command" | "environment" | "volumes" | "bound" | "temporary" | "sharedMemoryMegabytes" | "health" | "stopSignal" | "stopSeconds"
>;

function configuration(database: DatabaseConfig): BoundPath {
  return { source: `${CONFIGURATION_DIRECTORY}/${database.name}`, target: CONFIGURATION_IN_CONTAINER };
}

// Each question is a line in the log of a database: twice a minute is enough, where nobody waits for the answer.
const DATABASE_HEALTH = { everySeconds: 30, timeoutSeconds: 5, retries: 3, startSeconds: 120 };

function postgres(config: StackConfig, database: DatabaseConfig): OfKind {
  return {
    command: ["postgres", "-c", `config_file=${CONFIGURATION_IN_CONTAINER}/postgresql.conf`],
    environment: {
      PGDATA: "/var/lib/postgresql/data",
      POSTGRES_PASSWORD_FILE: "/run/secrets/postgres",
      POSTGRES_INITDB_ARGS: "--data-checksums",
    },
    volumes: [{ volume: volumeName(database.name, "data"), path: "/var/lib/postgresql/data" }],
    bound: [configuration(database), ...secretFiles(config, database.name)],
    temporary: { "/tmp": TEMPORARY, "/run/postgresql": "rw,noexec,nosuid,nodev,mode=0750,uid=999,gid=999,size=1m" },
    // Parallel queries meet there.
    sharedMemoryMegabytes: Math.max(64, Math.floor(database.memoryMegabytes / 4)),
    // Over TCP: while the first start makes the database, its server answers on the socket alone.
    health: { ...DATABASE_HEALTH, command: ["pg_isready", "--quiet", "--host=127.0.0.1", "--username=health", "--dbname=postgres"] },
    // Ends sessions and shuts down in order; SIGTERM would wait for them to go.
    stopSignal: "SIGINT",
    stopSeconds: 120,
  };
}

function redis(database: DatabaseConfig): OfKind {
  return {
    command: ["redis-server", `${CONFIGURATION_IN_CONTAINER}/redis.conf`],
    environment: {},
    volumes: [{ volume: volumeName(database.name, "data"), path: "/data" }],
    bound: [configuration(database), { source: aclDirectory(database.name), target: "/acl" }],
    temporary: { "/tmp": TEMPORARY },
    sharedMemoryMegabytes: 64,
    // The account may ping and nothing else, and so needs no password.
    health: { ...DATABASE_HEALTH, command: ["redis-cli", "-e", "--no-auth-warning", "--user", "health", "--pass", "none", "ping"] },
    stopSignal: "SIGTERM",
    stopSeconds: 60,
  };
}
