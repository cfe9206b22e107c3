"""Part 4: databases in containers: their state in one snapshot, dumps, and restores that are compared before they count."""
import contextlib
import json
import subprocess
import time

# What a value looks like as text depends on these; both sides of a comparison set the same.
PLAIN = ("SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 3; "
         "SET search_path = ''; SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET transaction_timeout = 0;")
TABLES = """SELECT coalesce(jsonb_agg(format('%I.%I', n.nspname, c.relname) ORDER BY n.nspname, c.relname), '[]')
 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e');"""
# The sum does not depend on the order of the rows, which a restore may change.
ROWS = """SELECT jsonb_build_array(count(*), coalesce(sum(hashtextextended(("phiward row"::text) COLLATE "C", 0)), 0)::text) FROM ONLY {} AS "phiward row";"""
ABOUT = """SELECT jsonb_build_object('largeObjects', (SELECT count(*) FROM pg_catalog.pg_largeobject_metadata), 'bytes', pg_database_size(oid),
 'version', current_setting('server_version'), 'encoding', pg_encoding_to_char(encoding), 'collate', datcollate, 'ctype', datctype)
 FROM pg_catalog.pg_database WHERE datname = current_database();"""


def inside(container, *argv):
    """A program in a database's container, as the account that the server trusts by its socket."""
    return ["docker", "exec", "--interactive", "--user", "999", container, *argv]


def await_server(container, seconds, advice):
    """Waits until a server takes connections: after a boot it may still be reading its log."""
    limit = time.monotonic() + seconds
    # Over TCP: while a database is being made, the server listens on its socket alone.
    while call_quietly(inside(container, "pg_isready", "-q", "-h", "127.0.0.1")) != 0:
        if time.monotonic() > limit:
            raise Refused(f"the database server {container} did not start within {seconds} s; {advice}")
        time.sleep(0.2)


def call_quietly(argv):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, env=ENVIRONMENT, cwd="/", check=False).returncode


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Session:
    """One connection to a database, in one transaction that sees one moment."""

    def __init__(self, container, database):
        self.words = open_log()
        self.where = f"database {database} in {container}"
        self.process = subprocess.Popen(
            inside(container, "psql", "-qAtX", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-d", database),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.words, text=True, env=ENVIRONMENT, cwd="/")
        self.tell(f"{PLAIN} BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;")

    def tell(self, sql):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(" ".join(sql.split("\n")) + "\n")
            self.process.stdin.flush()

    def ask(self, sql):
        """The one line that a query answers with."""
        self.tell(sql)
        line = self.process.stdout.readline()
        if not line:
            raise Refused(f"{self.where}: it does not answer; its words are in {LOG} on the host. Check that the container is healthy: docker ps")
        return line.rstrip("\n")

    def manifest(self):
        """Rows and checksum of every table, and what a new database needs to be like this one."""
        tables = {table: json.loads(self.ask(ROWS.format(table))) for table in json.loads(self.ask(TABLES))}
        return {"tables": tables, **json.loads(self.ask(ABOUT))}

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.words.close()


def manifest_of(container, database):
    session = Session(container, database)
    try:
        return session.manifest()
    finally:
        session.close()


def differences(expected, found):
    """How a restored database differs from what was backed up, in words that name tables and numbers alone."""
    words = [f"table {table}: missing" for table in sorted(expected["tables"].keys() - found["tables"].keys())]
    words += [f"table {table}: not in the backup's manifest" for table in sorted(found["tables"].keys() - expected["tables"].keys())]
    for table in sorted(expected["tables"].keys() & found["tables"].keys()):
        (rows, checksum), (rows_found, checksum_found) = expected["tables"][table], found["tables"][table]
        if rows != rows_found:
            words.append(f"table {table}: found {rows_found} rows, backed up were {rows}")
        elif checksum != checksum_found:
            words.append(f"table {table}: {rows} rows, but other content than was backed up")
    if expected["largeObjects"] != found["largeObjects"]:
        words.append(f"found {found['largeObjects']} large objects, backed up were {expected['largeObjects']}")
    return words


def sql(container, database, text, what):
    return must(what, inside(container, "psql", "-qAtX", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-d", database), text)


def load(repository, snapshot, expected, container, database, role):
    """Fills a new database from a dump and compares it with its manifest; raises Refused, and drops it, unless all is as it was."""
    where = f"database {database}"
    sql(container, "postgres", f"DROP DATABASE IF EXISTS {quoted(database)} WITH (FORCE);\n"
        f"CREATE DATABASE {quoted(database)} OWNER {quoted(role)} TEMPLATE template0 ENCODING '{expected['encoding']}' "
        f"LC_COLLATE '{expected['collate']}' LC_CTYPE '{expected['ctype']}';\n"
        f"REVOKE ALL ON DATABASE {quoted(database)} FROM PUBLIC;\n", f"{where}: it cannot be made")
    try:
        with open_log() as words:
            dump = subprocess.Popen(repository.argv("dump", snapshot["id"], snapshot["paths"][0]), stdout=subprocess.PIPE, stderr=words,
                                    stdin=subprocess.DEVNULL, env=ENVIRONMENT, cwd="/", pass_fds=repository.descriptors)
            restore = subprocess.Popen(
                inside(container, "pg_restore", "-U", "postgres", "--no-owner", "--no-privileges", f"--role={role}", "--exit-on-error",
                       "--single-transaction", "-d", database),
                stdin=dump.stdout, stdout=words, stderr=words, env=ENVIRONMENT, cwd="/")
            dump.stdout.close()
            codes = (restore.wait(), dump.wait())
        if codes != (0, 0):
            raise Refused(f"{where}: the dump cannot be restored (pg_restore exited {codes[0]}, restic {codes[1]}); their words are in {LOG} on the host")
        sql(container, database, "ANALYZE;", f"{where}: it cannot be analysed")
        wrong = differences(expected, manifest_of(container, database))
        if wrong:
            raise Refused(f"{where}: what was restored is not what was backed up: {'; '.join(wrong)}; nothing was replaced. Try another backup with SNAPSHOT=")
    except BaseException:
        call(inside(container, "dropdb", "-U", "postgres", "--if-exists", "--force", database))
        raise


def swap(container, database, restored, before):
    """Puts a restored database in the place of the old one, in one transaction; the old one stays beside it. Returns its name."""
    there = sql(container, "postgres", f"SELECT count(*) FROM pg_database WHERE datname = '{database}';", f"{container}: it does not answer").strip() == "1"
    aside = f"ALTER DATABASE {quoted(database)} RENAME TO {quoted(before)};" if there else ""
    for attempt in range(10):
        # A client that comes back between the two lines makes the rename fail, and with it the transaction.
        code, _ = call(inside(container, "psql", "-qAtX", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-d", "postgres"),
                       f"BEGIN; SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname IN ('{database}', '{restored}'); {aside} "
                       f"ALTER DATABASE {quoted(restored)} RENAME TO {quoted(database)}; COMMIT;\n")
        if code == 0:
            return before if there else None
    raise Refused(f"database {database}: its users do not let go of it; the old one is in place. Stop the service that uses it, then try again")
