"""Who may use a host's databases: `accounts add|retire|check-added|check-retired SETTINGS.json`.

Passwords are read from files that only root can read, and no database is ever sent one to keep: PostgreSQL gets a
verifier that is computed here, Redis a hash.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, files
from phiward_host.common.decode import Decoder, Fields, list_of
from phiward_host.common.errors import Refused
from phiward_host.common.faults import each
from phiward_host.databases.engine import LOG, DatabaseAccounts
from phiward_host.databases.postgres import PostgresAccounts
from phiward_host.databases.redis import RedisAccounts

USAGE = "accounts add|retire|check-added|check-retired SETTINGS.json"
# By the `kind` that settings name. A further engine is its module and a line here.
ENGINES: Mapping[str, Decoder[DatabaseAccounts]] = MappingProxyType(
    {"postgres": PostgresAccounts.from_json, "redis": RedisAccounts.from_json}
)


def database_from_json(value: object, path: str) -> DatabaseAccounts:
    """One database of the settings. Raises Refused for a kind that is not in the table."""
    kind = Fields.of(value, path).text("kind")
    if kind not in ENGINES:
        raise Refused(f"{path}.kind: found {kind}, allowed: {', '.join(ENGINES)}")
    return ENGINES[kind](value, path)


def _add(database: DatabaseAccounts) -> bool:
    database.add()
    return True


def _retire(database: DatabaseAccounts) -> bool:
    database.retire()
    return True


def _is_added(database: DatabaseAccounts) -> bool:
    return database.is_added()


def _is_retired(database: DatabaseAccounts) -> bool:
    return database.is_retired()


ACTIONS: Mapping[str, Callable[[DatabaseAccounts], bool]] = MappingProxyType(
    {"add": _add, "retire": _retire, "check-added": _is_added, "check-retired": _is_retired}
)


def main(words: Sequence[str]) -> int:
    """Exit code 0: done, or all as declared. 1: it failed, or a check found a difference."""
    return cli.main("the accounts program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if len(rest) != 1:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    databases = list_of(database_from_json)(files.read_json(rest[0]), "databases")
    answers: list[bool] = []
    # Each is looked at, also after one that differs or fails.
    each(lambda database: answers.append(action(database)), databases, LOG)
    return cli.DONE if all(answers) else cli.FAILED
