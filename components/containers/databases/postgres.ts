import { DATABASE_KINDS } from "../../config/sections/databaseKinds";
import { roleLimits } from "../../config/sections/postgresKeys";
import { AUTHORITY_FILE, CONFIGURATION_DIRECTORY, CONFIGURATION_IN_CONTAINER, SECRETS_IN_CONTAINER } from "../names";
import { TEMPORARY } from "../services/containerSettings";
import { DATABASE_HEALTH, type DatabaseEngine } from "./engine";
import { postgresAccountsCheck, postgresChecks, postgresPlainRefused } from "./postgresChecks";
import { PASSWD_FILE, POSTGRES_MAJOR, postgresFiles } from "./postgresFiles";

const DATA = "/var/lib/postgresql/data";
const PORT = DATABASE_KINDS.postgres.port;

/** PostgreSQL: a database for each service that uses it, owned by a role of its name. */
export const postgres: DatabaseEngine = {
  port: PORT,
  files: postgresFiles,
  container: ({ name, user, memoryMegabytes, sharedMemoryMegabytes }) => ({
    command: ["postgres", "-c", `config_file=${CONFIGURATION_IN_CONTAINER}/postgresql.conf`],
    environment: {
      PGDATA: DATA,
      POSTGRES_PASSWORD_FILE: `${SECRETS_IN_CONTAINER}/postgres`,
      POSTGRES_INITDB_ARGS: "--data-checksums",
    },
    dataPath: DATA,
    // Its own numbers have to be those of the account `postgres`: initdb and the socket's authentication ask for the name.
    bindMounts: [{ source: `${CONFIGURATION_DIRECTORY}/${name}/${PASSWD_FILE}`, target: "/etc/passwd" }],
    temporary: {
      "/tmp": TEMPORARY,
      "/run/postgresql": `rw,noexec,nosuid,nodev,mode=0750,uid=${String(user.uid)},gid=${String(user.gid)},size=1m`,
    },
    // Parallel queries meet there.
    sharedMemoryMegabytes: sharedMemoryMegabytes ?? Math.max(64, Math.floor(memoryMegabytes / 4)),
    // Over TCP: while the first start makes the database, its server answers on the socket alone.
    health: { ...DATABASE_HEALTH, command: ["pg_isready", "--quiet", "--host=127.0.0.1", "--username=health", "--dbname=postgres"] },
    // Ends sessions and shuts down in order; SIGTERM would wait for them to go.
    stopSignal: "SIGINT",
    stopSeconds: 120,
  }),
  prepare: () => ({ directories: [], steps: [] }),
  clientUrl: ({ host, login, service, encrypted }) =>
    `postgresql://${login}:{}@${host}:${String(PORT)}/${service}${encrypted ? `?sslmode=verify-full&sslrootcert=${AUTHORITY_FILE}` : ""}`,
  clientParts: ({ host, login, service }) => ({ host, port: String(PORT), name: service, user: login }),
  databases: (services) => services,
  accounts: {
    settings: ({ people, settings }) => ({ ...roleLimits(settings), ...(people === undefined ? {} : { people }) }),
    currentOnly: postgresAccountsCheck,
  },
  checks: postgresChecks,
  encryptedControl: "PG-04",
  plainRefused: postgresPlainRefused,
  publishedControl: "PG-13",
  backup: { kind: "dump", program: "pg_dump" },
  upgrade: {
    kind: "dumpAndRestore",
    major: POSTGRES_MAJOR,
    versions: { command: ["postgres", "--version"], dataFile: "PG_VERSION", exampleImage: "docker.io/library/postgres" },
  },
  smokeTest: { bindMount: (mount) => mount },
};
