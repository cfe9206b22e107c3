/** What is known of images and keys of Compose files: which image is a database or has no place here, and which key says nothing new. */

/** A database that phiward runs itself. */
export function databaseKind(path: string): "postgres" | "redis" | undefined {
  if (/(^|\/)(postgres|postgresql|postgis|pgvector|timescaledb)$/.test(path)) return "postgres";
  return /(^|\/)(redis|valkey|redis-stack-server)$/.test(path) ? "redis" : undefined;
}

/** Whether an image is Docker's own build of that database, which the engine's settings are proven on. */
export function isOwnBuild(path: string): boolean {
  return path === "library/postgres" || path === "library/redis";
}

const OTHER_DATABASES =
  /(^|\/)(mysql|mariadb|percona|mongo|mongodb|clickhouse-server|cassandra|elasticsearch|opensearch|couchdb|influxdb|rabbitmq|nats|kafka|memcached|minio|etcd)$/;
const PROXIES =
  /(^|\/)(nginx|nginx-proxy|acme-companion|letsencrypt-nginx-proxy-companion|traefik|caddy|haproxy|certbot|swag|cloudflared|nginx-proxy-manager)$/;
const WATCHERS = /(^|\/)(watchtower|portainer|portainer-ce|dozzle|autoheal|ofelia|docker-socket-proxy|cadvisor)$/;

/** Why a service with this image has no place in a stack; undefined where it may have one. */
export function leftOutImage(path: string): string | undefined {
  if (OTHER_DATABASES.test(path))
    return "left out: a service reaches only PostgreSQL and Redis here; run this one elsewhere, or choose an application that does without";
  if (PROXIES.test(path))
    return "left out: nginx on the host does this, see sites; what it served as files must be served by the application";
  return WATCHERS.test(path) ? "left out: whoever speaks to the Docker daemon is root on the host" : undefined;
}

/** Keys that say what is so anyway, or nothing about what runs. */
export const SAID_ANYWAY: readonly string[] = [
  ...["cap_drop", "container_name", "hostname", "init", "labels", "logging", "networks", "platform", "pull_policy", "read_only", "restart"],
  ...["security_opt", "stdin_open", "stop_grace_period", "stop_signal", "tty", "attach", "annotations", "links", "version"],
];

/** Keys that are read. */
export const READ: readonly string[] = [
  ...[
    "build",
    "command",
    "cpus",
    "depends_on",
    "deploy",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "healthcheck",
    "image",
    "mem_limit",
  ],
  ...["pids_limit", "ports", "profiles", "secrets", "tmpfs", "user", "volumes"],
];

/** Keys that are not taken over, and why. */
export const REFUSED: Readonly<Record<string, string>> = {
  cap_add: "not taken over: containers have no capabilities, and no way to get any",
  cgroup_parent: "not taken over: each service has a control group of its own",
  configs: "not taken over: put the file into the image",
  devices: "not taken over: containers reach no device of the host",
  device_cgroup_rules: "not taken over: containers reach no device of the host",
  dns: "not taken over: containers ask the host's own resolver",
  extends: "not taken over: give what `docker compose config` prints, in which it is resolved",
  external_links: "not taken over: a service reaches only the databases that it uses",
  extra_hosts: "not taken over: containers resolve names as the host does",
  group_add: "not taken over: a container has one user and one group, of its own",
  ipc: "not taken over: containers share no memory with others",
  network_mode: "not taken over: each service has a network of its own, and nginx alone reaches it",
  pid: "not taken over: containers do not see processes of others",
  ports: "not taken over",
  privileged: "not taken over: a privileged container is root on the host",
  runtime: "not taken over: containers run under runc",
  scale: "not taken over: one container for each service",
  shm_size: "not taken over: PostgreSQL gets shared memory by its memory limit where the engine has it",
  sysctls: "not taken over: the kernel's settings are the host's",
  ulimits: "not taken over: 16384 open files for each container",
  userns_mode: "not taken over: containers run as accounts that nothing else on the host has",
  volumes_from: "not taken over: each service has volumes of its own",
  working_dir: "not taken over: the image's own directory counts; change it in the image",
  cgroup: "not taken over: each service has a control group of its own",
  uts: "not taken over: containers have names of their own",
  gpus: "not taken over: containers reach no device of the host",
  develop: "not taken over: it is for developing",
};
