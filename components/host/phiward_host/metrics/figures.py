"""What the databases and the web server of a host say of themselves in numbers; nothing of what is in them.

Each is asked by its own client in its own container, as a login that may read such numbers and nothing else. No answer
has a query, a key or a name that somebody else chose: databases are named as they are declared.
"""

import json
import re
from collections.abc import Mapping, Sequence

from phiward_host.common import docker, files, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.databases.metrics_login import LOGIN, connection
from phiward_host.databases.redis_session import CLIENT
from phiward_host.databases.sql import literal, one_line
from phiward_host.metrics import loopback

# A metric, its labels and its value.
Sample = tuple[str, Mapping[str, str], float]

# What the server ends by itself comes first, so that no client stays in the container.
CLIENT_SECONDS = 20.0
MOST_ANSWER = 1 << 16
# Sessions of ours are left out of what is old: a dump takes as long as it takes. Who waits for a place counts as well.
POSTGRES = one_line("""SELECT pg_catalog.jsonb_build_object(
 'limit', pg_catalog.current_setting('max_connections')::pg_catalog.int4
  - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4
  - pg_catalog.current_setting('reserved_connections')::pg_catalog.int4,
 'connections', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()),
 'oldest', (SELECT coalesce(pg_catalog.max(pg_catalog.date_part('epoch',
   pg_catalog.clock_timestamp() - xact_start))::pg_catalog.int8, 0) FROM pg_catalog.pg_stat_activity
  WHERE backend_type = 'client backend' AND usename <> 'postgres' AND NOT pg_catalog.starts_with(usename, 'phiward_')),
 'deadlocks', (SELECT coalesce(pg_catalog.sum(deadlocks), 0)::pg_catalog.int8 FROM pg_catalog.pg_stat_database),
 'unarchived', (SELECT failed_count FROM pg_catalog.pg_stat_archiver),
 'slots', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots),
 'retained', (SELECT coalesce(pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)),
   0)::pg_catalog.int8 FROM pg_catalog.pg_replication_slots),
 'sizes', (SELECT coalesce(pg_catalog.jsonb_object_agg(datname, pg_catalog.pg_database_size(oid)), '{{}}')
  FROM pg_catalog.pg_database WHERE datname = ANY (ARRAY[{names}]::pg_catalog.name[])));""")
NUMBER = re.compile(r"[0-9]{1,18}")
STATUS = re.compile(
    rb"Active connections: ([0-9]{1,18}) \nserver accepts handled requests\n"
    rb" ([0-9]{1,18}) ([0-9]{1,18}) ([0-9]{1,18}) \n"
)


def postgres(database: str, container: str, names: Sequence[str]) -> list[Sample]:
    """Raises Failed, ValueError and OSError where a PostgreSQL does not say all of it."""
    query = POSTGRES.format(names=", ".join(map(literal, names)))
    argv = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", connection(), f"--command={query}"]
    told = Fields.of(json.loads(_asked(container, argv)), "figures")
    limit, connections = told.integer("limit"), told.integer("connections")
    sizes, of = told.child("sizes"), {"database": database}
    return [
        ("phiward_postgres_connections_limit", of, float(limit)),
        ("phiward_postgres_connections_free", of, float(max(0, limit - connections))),
        ("phiward_postgres_oldest_transaction_seconds", of, float(told.integer("oldest"))),
        ("phiward_postgres_deadlocks_total", of, float(told.integer("deadlocks"))),
        ("phiward_postgres_archive_failures_total", of, float(told.integer("unarchived"))),
        ("phiward_postgres_replication_slots", of, float(told.integer("slots"))),
        ("phiward_postgres_replication_slot_retained_bytes", of, float(told.integer("retained"))),
        *(("phiward_postgres_size_bytes", {**of, "of": name}, float(sizes.integer(name))) for name in names),
    ]


def redis(database: str, container: str, secret: str, profile: str) -> list[Sample]:
    """Raises Failed and OSError where a Redis does not say all of it."""
    stdin = f"AUTH {LOGIN} {files.read_text(secret).strip()}\nINFO memory\nINFO stats\nINFO persistence\n"
    first, _, text = _asked(container, CLIENT, stdin).partition("\n")
    if first != "OK":
        raise Failed("Redis does not know the login of metrics by the host's password")
    told = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def number(name: str) -> float:
        found = told.get(name, "")
        if NUMBER.fullmatch(found) is None:
            raise Failed(f"Redis did not say its {name}")
        return float(found)

    of = {"database": database, "profile": profile}
    limit = number("maxmemory")
    is_written = told.get("aof_last_write_status") == "ok" and told.get("aof_last_bgrewrite_status") == "ok"
    return [
        ("phiward_redis_memory_limit_bytes", of, limit),
        ("phiward_redis_memory_free_bytes", of, max(0.0, limit - number("used_memory"))),
        ("phiward_redis_evicted_total", of, number("evicted_keys")),
        ("phiward_redis_rejected_connections_total", of, number("rejected_connections")),
        ("phiward_redis_last_save_timestamp_seconds", of, number("rdb_last_save_time")),
        ("phiward_redis_write_failing", of, float(not is_written)),
    ]


def nginx(port: int) -> list[Sample]:
    """Raises Failed where nginx does not say all of it (ngx_http_stub_status_module)."""
    found = STATUS.match(loopback.ask("GET", port, "/status", most=1024))
    if found is None:
        raise Failed("nginx gave its numbers in another form")
    active, accepted, handled, requests = (float(each) for each in found.groups())
    return [
        # The question itself is one.
        ("phiward_nginx_connections_active", {}, max(0.0, active - 1)),
        ("phiward_nginx_connections_accepted_total", {}, accepted),
        ("phiward_nginx_connections_handled_total", {}, handled),
        ("phiward_nginx_connections_dropped_total", {}, accepted - handled),
        ("phiward_nginx_requests_total", {}, requests),
    ]


def _asked(container: str, argv: Sequence[str], stdin: str | None = None) -> str:
    # The client looks for its settings in root's home, which this unit does not see.
    env = {"DOCKER_CONFIG": "/nonexistent"}
    done = process.run(docker.exec_argv(container, argv), stdin=stdin, timeout=CLIENT_SECONDS, env=env)
    if done.code == process.TIMED_OUT:
        raise TimeoutError(f"{argv[0]} did not end in time")
    if done.code != 0:
        # What it says may repeat what others wrote.
        raise Failed(process.ended(argv[0], done.code))
    if len(done.stdout) > MOST_ANSWER:
        raise Failed(f"{argv[0]} said more than {MOST_ANSWER} characters")
    return done.stdout
