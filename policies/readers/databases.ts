/** Ports by which databases are known. */

/** Ports on which databases, caches and search engines answer unless told otherwise (IANA, and the vendors' manuals). */
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
]);

// Many a program that is no database listens there.
const SHARED: readonly number[] = [7000, 8086, 8123, 9000, 50_000];

/** The database that a program on this port certainly is. */
export function databaseOn(port: number): string | undefined {
  return SHARED.includes(port) ? undefined : DATABASE_PORTS.get(port);
}
