/** The files that Redis is configured by. */
import { DATABASE_KINDS } from "../../config/sections/databaseKinds";
import type { RedisProfile } from "../../config/sections/redisKeys";
import type { AbsolutePath } from "../../plan/files";
import { TLS_IN_CONTAINER } from "../names";
import { hostSecret, keptSecretPath } from "../secrets/files";
import type { ConfigurationFile } from "../services/containerSettings";
import type { DatabaseSettings, DatabaseTuning } from "./engine";

/** Port that Redis listens on, and the one for connections without TLS, where there are any. */
export const REDIS_PORT = DATABASE_KINDS.redis.port;
export const REDIS_PLAIN_PORT = DATABASE_KINDS.redis.plainPort;

/** The client in its container, by TLS; it has to know the server by the host's own authority. */
export const REDIS_CLIENT = ["redis-cli", "-p", String(REDIS_PORT), "--tls", "--cacert", `${TLS_IN_CONTAINER}/authority.pem`] as const;

/** Where Redis finds its list of users in its container. */
export const USERS_DIRECTORY = "/acl";
/** Name of that list. */
export const USERS_FILE = "users.acl";

/** File on the host with the password of the host's own user in the Redis `name`. */
export function redisHostSecret(name: string): AbsolutePath {
  return keptSecretPath(hostSecret(name, "redis"));
}

/** The same, with the password of the user that it is asked by how it is. */
export function redisMetricsSecret(name: string): AbsolutePath {
  return keptSecretPath(hostSecret(name, "metrics"));
}

/** The configuration of a Redis with this much memory. */
export function redisFiles({
  memoryMegabytes,
  profile,
}: Pick<DatabaseSettings, "memoryMegabytes"> & DatabaseTuning): readonly ConfigurationFile[] {
  return [
    { name: "redis.conf", text: redisConf(memoryMegabytes, profile) },
    { name: USERS_FILE, text: REDIS_BASE_USERS },
  ];
}

/**
 * The users that a Redis starts with: nobody. The host's program writes those with passwords, its own `phiward` among them, which may
 * ask how the server is set and have the list read again.
 */
export const REDIS_BASE_USERS = "user default off resetpass resetkeys resetchannels -@all\n";

// What has no end to its life is never thrown away by the first, and sessions have one. A cache may be asked again for anything; and a
// queue that lost a job would say nothing.
const EVICTION: Readonly<Record<RedisProfile, string>> = { sessions: "volatile-lru", cache: "allkeys-lru", queue: "noeviction" };

/** What the running Redis must say of itself: setting to value as CONFIG GET prints it. */
export function redisSettings(memoryMegabytes: number, profile: RedisProfile = "sessions"): Readonly<Record<string, string>> {
  return {
    appendfsync: "always",
    appendonly: "yes",
    maxmemory: String(Math.max(8, Math.floor(memoryMegabytes * 0.6)) * 1024 * 1024),
    "maxmemory-policy": EVICTION[profile],
    "protected-mode": "yes",
    "slowlog-log-slower-than": "-1",
    "tls-auth-clients": "no",
    "tls-ca-cert-file": `${TLS_IN_CONTAINER}/authority.pem`,
    "tls-cert-file": `${TLS_IN_CONTAINER}/server/certificate.pem`,
    "tls-key-file": `${TLS_IN_CONTAINER}/server/key.pem`,
    "tls-port": String(REDIS_PORT),
    "tls-protocols": "TLSv1.3",
  };
}

// The slow log keeps arguments of commands, and so patients' data: it is off.
function redisConf(memoryMegabytes: number, profile: RedisProfile | undefined): string {
  return [
    "bind 0.0.0.0",
    "port 0",
    `aclfile ${USERS_DIRECTORY}/${USERS_FILE}`,
    "dir /data",
    'save ""',
    // Within the limit of open files that Docker gives.
    "maxclients 10000",
    "enable-protected-configs no",
    "enable-debug-command no",
    "enable-module-command no",
    'logfile ""',
    ...Object.entries(redisSettings(memoryMegabytes, profile)).map(([name, value]) => `${name} ${value}`),
    // Where the host's program has it there: the port without TLS, until no service has an address from before there was TLS.
    `include ${TLS_IN_CONTAINER}/plain*.conf`,
    "",
  ].join("\n");
}
