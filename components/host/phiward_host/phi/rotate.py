"""Brings what earlier keys have encrypted to the present one, some rows at a time, while applications work.

Each batch is a transaction, and what was reached is kept after each: a run that is killed goes on where it was. Passes
follow one another until one look at all rows meets none of an earlier key: from then on nobody needs the earlier keys.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from phiward_host.common import journal
from phiward_host.common.errors import Failed
from phiward_host.common.text import one_line
from phiward_host.databases import maintenance
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.databases.sql import literal
from phiward_host.phi import columns, progress
from phiward_host.phi.columns import Column, Place
from phiward_host.phi.function import SCHEMA
from phiward_host.phi.install import LOG, owner_session
from phiward_host.phi.progress import Progress
from phiward_host.phi.settings import PhiDatabase

DAY = 86_400.0
# One run's part of the time; the next goes on.
RUN_SECONDS = 3000.0
# Applications have the database for as long as a batch took, and this long at least.
LEAST_PAUSE_SECONDS = 0.2
PASS_PAUSE_SECONDS = 5.0
# How long transactions are waited for that were open when the last row was changed.
QUIET_SECONDS = 60.0
NOW = "SELECT pg_catalog.clock_timestamp()::pg_catalog.text;"
OLDER = (
    "SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datname = {database} "
    "AND a.backend_type = 'client backend' AND a.xact_start < {since}::pg_catalog.timestamptz) "
    "+ (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts x WHERE x.database = {database} "
    "AND x.prepared < {since}::pg_catalog.timestamptz);"
)
OID = "SELECT d.oid::pg_catalog.int8 FROM pg_catalog.pg_database d WHERE d.datname = {database};"
Sleep = Callable[[float], None]


def rotate(database: PhiDatabase, sleep: Sleep = time.sleep) -> None:
    """Brings a database's rows to its present key. Raises Failed where rows cannot be brought there.

    Where its server does not answer it says so and ends: others alert, and the next run goes on.
    """
    if database.epoch == 1:
        return
    cluster = ClusterSession(database.container)
    try:
        oid = database_oid(cluster, database)
    except Failed as failure:
        print(f"not asked: {one_line(str(failure))}", flush=True)
        return
    session = maintenance.reopened(cluster, database.database, database.database)
    known = progress.load(database)
    if known is None or (known.oid, known.epoch) != (oid, database.epoch):
        known = Progress(oid, database.epoch, time.time())
    if known.clean is not None and time.time() < known.clean + DAY:
        return
    _passes(database, session, known, time.monotonic() + RUN_SECONDS, sleep)


def database_oid(cluster: ClusterSession, database: PhiDatabase) -> int:
    """The number that a database has in its server: one that a restore put in its place has another."""
    rows = cluster.execute([OID.format(database=literal(database.database))])
    if len(rows) != 1 or not rows[0].isdecimal():
        raise Failed(f"{database.where}: found no such database")
    return int(rows[0])


def _passes(database: PhiDatabase, session: ApplicationSession, known: Progress, until: float, sleep: Sleep) -> None:
    while True:
        found = columns.columns_of(session)
        own = [column for column in found if column.ours]
        if known.passed is None:
            known = known.next_pass(time.time(), sum(column.blocks for column in own))
        for column in own:
            if column.at >= known.at:
                known = _sweep(database, session, column, known, until, sleep)
        if time.monotonic() >= until:
            return
        is_whole, is_stuck = known.met == known.changed, known.changed == 0
        # Passes begin again; what is known of one is kept until then.
        progress.save(database, replace(known, passed=None))
        if is_whole:
            if not _is_quiet(database, until, sleep):
                print(f"{database.where}: an older transaction is open; the next run looks again", flush=True)
                return
            left = [column for column in columns.columns_of(session) if columns.any_left(session, column, known.epoch)]
            if not left:
                _clean(database, known)
                return
            others = [str(column) for column in left if not column.ours]
            if others:
                raise Failed(
                    f"{database.where}: values of earlier keys are in {', '.join(others[:5])}, which is computed from "
                    "others or not the service's own, allowed: none; make it again (REFRESH MATERIALIZED VIEW)"
                )
        elif is_stuck and known.unreadable > 0:
            raise Failed(
                f"{database.where}: {known.unreadable} values that begin as those of an earlier key are opened by "
                f"none: they were changed or cut; {LOG.path} on the host has their columns"
            )
        elif is_stuck:
            print(f"{database.where}: others hold {known.met} rows of earlier keys; the next run goes on", flush=True)
            return
        known = replace(known, passed=None)
        sleep(PASS_PAUSE_SECONDS)


def _sweep(
    database: PhiDatabase, session: ApplicationSession, column: Column, known: Progress, until: float, sleep: Sleep
) -> Progress:
    """Looks through one column, from where it was left."""
    place = known.place if column.at == known.at else Place()
    unreadable = 0
    while place.block < column.blocks and time.monotonic() < until:
        began = time.monotonic()
        batch = columns.change(session, column, database.epoch, place)
        known, place = known.after(column, batch), batch.last
        unreadable += batch.unreadable
        progress.save(database, known)
        if batch.met > 0:
            sleep(max(LEAST_PAUSE_SECONDS, time.monotonic() - began))
    if unreadable > 0:
        LOG.write(f"{database.where}: {column} has {unreadable} values that no key opens")
    return known


def _is_quiet(database: PhiDatabase, until: float, sleep: Sleep) -> bool:
    """Whether all transactions have ended that were open with the last row: they may know earlier values."""
    cluster = ClusterSession(database.container)
    since = cluster.execute([NOW])
    query = OLDER.format(database=literal(database.database), since=literal("".join(since)))
    patience = min(until, time.monotonic() + QUIET_SECONDS)
    while cluster.execute([query]) != ["0"]:
        if time.monotonic() >= patience:
            return False
        sleep(PASS_PAUSE_SECONDS)
    return True


def _clean(database: PhiDatabase, known: Progress) -> None:
    """No row needs an earlier key. What look-ups are made with keeps its value, under the present master key."""
    owner_session(database.container, database.database).execute([f"SELECT {SCHEMA}.rewrap();"])
    progress.save(database, replace(known, passed=None, clean=time.time()))
    words = f"{database.where}: no row needs a key before {database.epoch}; {known.done} rows were brought to it"
    print(words, flush=True)
    what = f"patients' columns of {database.database}"
    journal.record("operation", words, what=what, outcome="success", rows=str(known.done))
