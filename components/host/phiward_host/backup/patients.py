"""Patients' columns in backups: a dump has the schema `phi` as it has any other, and a restore makes that from our own.

Its functions and their rights are never taken from a dump, nor made by an application's owner. What only the dump has,
the wrapped keys and the record of accesses, is filled in by the schema's owner. The master key is in none of it.
"""

import re
from collections.abc import Sequence

from phiward_host.backup.manifest import DatabaseManifest
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import Snapshot
from phiward_host.backup.transfer import fill, fill_some, listing
from phiward_host.databases.session import ApplicationSession
from phiward_host.phi.function import CRYPTO, KEY_READER, OWNER, SCHEMA
from phiward_host.phi.install import install, owner_session
from phiward_host.phi.objects import EXTENSION
from phiward_host.phi.settings import PhiDatabase, declared

KEYS = f"{SCHEMA}.encryption_keys"
# pgcrypto is made again, where nobody else may put it.
LEFT_OUT = (f"--exclude-extension={EXTENSION}",)
NUMBER = r"^\d+; \d+ \d+ "
KINDS = "TABLE|TABLE DATA|SEQUENCE|SEQUENCE SET|SEQUENCE OWNED BY|FUNCTION|CONSTRAINT|INDEX|DEFAULT|ACL|COMMENT"
# By the words that pg_restore lists them with: kind, schema, name, owner. Only the owner is certain: a schema of an
# application's may be called `phi x`.
OURS = re.compile(
    rf"{NUMBER}(?=.* (?:{OWNER}|{KEY_READER})$)"
    rf"(?:(?:{KINDS}) {SCHEMA} |SCHEMA - (?:{SCHEMA}|{CRYPTO}) |(?:ACL|COMMENT) - SCHEMA {SCHEMA}(?:_crypto)? )"
)
DATA = re.compile(
    rf"{NUMBER}(?:TABLE DATA {SCHEMA} (?:encryption_keys|phi_access_log)|SEQUENCE SET {SCHEMA} \S+) {OWNER}$"
)
IS_OURS = re.compile(rf"{NUMBER}TABLE {SCHEMA} encryption_keys {OWNER}$")


def fill_database(
    repository: Repository, dump: Snapshot, expected: DatabaseManifest, new: ApplicationSession, role: str
) -> None:
    """Fills a new database of `role` from a dump, with the schema `phi` where it was there. Raises Failed."""
    entries = listing(repository, dump, new.container) if KEYS in expected.tables else []
    if not any(map(IS_OURS.match, entries)):
        fill(repository, dump, new)
        return
    install(_wanted(new, role), role)
    owner = owner_session(new.container, new.database)
    fill_some(repository, dump, owner, [line for line in entries if DATA.match(line)], as_owner=False)
    fill_some(repository, dump, new, not_ours(entries), as_owner=True)


def not_ours(entries: Sequence[str]) -> list[str]:
    """The entries of a dump's contents that are the application's own."""
    return [line for line in entries if OURS.match(line) is None]


def _wanted(new: ApplicationSession, role: str) -> PhiDatabase:
    """As it is declared for the service; nobody may encrypt or decrypt where it is not declared."""
    entry = declared(new.container, role)
    if entry is None:
        return PhiDatabase(new.container, new.database, (), (), 1)
    return PhiDatabase(new.container, new.database, entry.readers, entry.writers, entry.epoch, auditors=entry.auditors)
