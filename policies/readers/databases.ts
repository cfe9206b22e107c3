/** Databases as a rule looks at them: the ports by which they are known, the servers of a host, and their files. */
import { posix } from "node:path";
import { DATABASE_KIND_NAMES, DATABASE_KINDS, type DatabaseKind } from "../../components/config/sections/databaseKinds";
import type { DatabaseBackup } from "../../components/containers/databases/engine";
import { ENGINES } from "../../components/containers/databases/engines";
import { CONFIGURATION_DIRECTORY } from "../../components/containers/names";
import type { Finding } from "../engine/rule";
import { filesWhere, type ShownFile } from "./files";
import type { Value } from "./value";

// A server's name may be unknown or hold a secret, so a finding says which one by its place.
const ORDINALS = ["first", "second", "third"];

/** Ports on which databases, caches and search engines answer by default (IANA, and the vendors' manuals). */
export const DATABASE_PORTS: ReadonlyMap<number, string> = new Map([
  [1433, "Microsoft SQL Server"],
  [1434, "Microsoft SQL Server"],
  [1521, "Oracle"],
  [2379, "etcd"],
  [2380, "etcd"],
  [3050, "Firebird"],
  [3306, "MySQL"],
  [5432, "PostgreSQL"],
  [5433, "PostgreSQL"],
  [5984, "CouchDB"],
  [6379, "Redis"],
  [6380, "Redis"],
  [6432, "PgBouncer"],
  [7000, "Cassandra"],
  [7474, "Neo4j"],
  [7687, "Neo4j"],
  [8086, "InfluxDB"],
  [8123, "ClickHouse"],
  [8529, "ArangoDB"],
  [9000, "ClickHouse"],
  [9042, "Cassandra"],
  [9200, "Elasticsearch"],
  [9300, "Elasticsearch"],
  [11211, "Memcached"],
  [16379, "Redis"],
  [26257, "CockroachDB"],
  [26379, "Redis Sentinel"],
  [27017, "MongoDB"],
  [27018, "MongoDB"],
  [27019, "MongoDB"],
  [28015, "RethinkDB"],
  [33060, "MySQL"],
  [50000, "Db2"],
  // Those that a stack can declare, whatever port they are given.
  ...DATABASE_KIND_NAMES.map((kind): [number, string] => [ENGINES[kind].port, DATABASE_KINDS[kind].title]),
]);

// Many a program that is no database listens there.
const SHARED: readonly number[] = [7000, 8086, 8123, 9000, 50_000];

// What is for administrators, for machines of one network, or speaks in the clear: of no use to the Internet, and of much to an attacker.
const ADMINISTRATION: readonly (readonly [number, string])[] = [
  [21, "FTP"],
  [23, "Telnet"],
  [69, "TFTP"],
  [111, "rpcbind"],
  [135, "Windows RPC"],
  [139, "SMB"],
  [389, "LDAP"],
  [445, "SMB"],
  [512, "rexec"],
  [513, "rlogin"],
  [514, "rsh"],
  [873, "rsync"],
  [2049, "NFS"],
  [2375, "Docker"],
  [2376, "Docker"],
  [2377, "Docker's swarm"],
  [3389, "Remote Desktop"],
  [4243, "Docker"],
  [5900, "VNC"],
  [5901, "VNC"],
  [5985, "WinRM"],
  [5986, "WinRM"],
  [6443, "Kubernetes"],
  [10_000, "Webmin"],
  [10_250, "Kubernetes"],
  [10_255, "Kubernetes"],
];

/** What answers at ports that nothing opens to the world: databases, but where many another program listens, and administration. */
export const NEVER_PUBLIC: ReadonlyMap<number, string> = new Map([
  ...[...DATABASE_PORTS].filter(([port]) => databaseOn(port) !== undefined),
  ...ADMINISTRATION,
]);

/** The database that a program on this port certainly is. */
export function databaseOn(port: number): string | undefined {
  return SHARED.includes(port) ? undefined : DATABASE_PORTS.get(port);
}

/** The files of these names that configure the servers of one kind; one that a server lacks is reported. */
export function configurationFiles(
  unit: Value,
  kind: DatabaseKind,
  names: readonly string[],
  report: (finding: Finding) => void,
): readonly ShownFile[] {
  const databases = unit.at("settings").at("databases").items();
  const servers = databases?.filter((database) => database.at("kind").text() === kind).map((database) => database.at("name").text());
  const isWanted = (path: string): boolean =>
    posix.dirname(posix.dirname(path)) === CONFIGURATION_DIRECTORY && names.includes(posix.basename(path));
  const { files, complete } = filesWhere(unit, isWanted);
  if (!complete || servers === undefined || servers.includes(undefined)) return files;
  const { title } = DATABASE_KINDS[kind];
  for (const [index, server] of servers.entries())
    for (const name of names)
      if (!files.some(({ path }) => path === `${CONFIGURATION_DIRECTORY}/${server ?? ""}/${name}`))
        report({
          at: "files",
          found: `${name} of the ${ORDINALS[index] ?? `${String(index + 1)}th`} ${title} is missing`,
          allowed: `one for each ${title}`,
        });
  return files;
}

/** Why an engine's data must not be left to it: it is neither dumped nor is there a reason for that. Undefined where all is well. */
export function unprotected(backup: DatabaseBackup | undefined): string | undefined {
  if (backup === undefined) return "a kind of database that no engine is known for";
  return backup.kind === "none" && backup.because.trim() === "" ? "an engine that is not dumped, and no reason why" : undefined;
}
