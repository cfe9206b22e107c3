"""`phiward.pyz secrets held`: which secrets this host holds, and since when: by its records and the times of files.

No value is read, and nothing of one is said.
"""

import json
import re
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.agent.kept_values import fingerprint_path, secret_path
from phiward_host.agent.secret_store import escrow_path, read_record, record_path
from phiward_host.agent.transaction import Transaction
from phiward_host.common import cli, files, paths
from phiward_host.common.decode import as_int, as_object
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog

LOG = RootLog("secrets")
TLS = "/etc/phiward/tls"
EPOCH = re.compile(r"([a-z][a-z0-9-]{0,126})\.([0-9]{1,4})")
RECORD = re.compile(r"([a-z][a-z0-9-]{0,126})\.json")
# A service's configuration with a secret that was brought: of that the service has a file of its own.
CONFIGURATION = re.compile(r"/configuration\.[0-9a-f]{8}\.[0-9a-f]{16}\Z")
# A password can be another one at any time; by a key something is locked, so that it is escrowed.
PASSWORD, KEY, BROUGHT, CERTIFICATE = "password", "key", "brought", "certificate"


@dataclass(frozen=True)
class Held:
    """A secret: its id with its epoch; the path of its file where people brought it; the site whose key it is."""

    kind: str
    name: str
    epoch: int | None
    # In seconds since 1970.
    at: float
    escrowed: bool


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    return cli.main("the program of secrets", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    verb, rest = cli.choose(words, VERBS, " | ".join(VERBS))
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    return verb()


def _say() -> int:
    print(json.dumps({"now": time.time(), "held": [vars(each) for each in held()]}))
    return cli.DONE


def held() -> list[Held]:
    """All of them. Of one that was rotated, also the former one, until that is retired."""
    return [*_kept(), *_made(), *_brought(), *_certificates()]


def _kept() -> list[Held]:
    found: list[Held] = []
    for name in files.names_if_any(f"{paths.BASE}/secrets"):
        named = EPOCH.fullmatch(name)
        if named is None:
            continue
        id, epoch = named[1], int(named[2])
        # A lost one that is put back is a new file with the same value, whose record is older.
        at = _since(secret_path(id, epoch), fingerprint_path(name))
        escrowed = files.is_file(escrow_path(id, epoch))
        found += [] if at is None else [Held(KEY if escrowed else PASSWORD, id, epoch, at, escrowed)]
    return found


def _made() -> list[Held]:
    """Those that are kept nowhere in the clear: their records have no epoch in their names."""
    found: list[Held] = []
    for name in files.names_if_any(f"{paths.BASE}/escrow"):
        named = RECORD.fullmatch(name)
        epoch = None if named is None else _epoch_on_record(named[1])
        at = None if named is None or epoch is None else _since(escrow_path(named[1], epoch))
        if named is not None and at is not None:
            found.append(Held(KEY, named[1], epoch, at, True))
    return found


def _epoch_on_record(id: str) -> int | None:
    """None where the record is damaged, which the next apply mends."""
    try:
        return as_int(as_object(read_record(id), record_path(id)).get("epoch"), record_path(id))
    except Refused:
        return None


def _brought() -> list[Held]:
    units = files.names_if_any(f"{paths.BASE}/units")
    handed = {path for unit in units for path in Transaction(unit).generation().handed}
    ages = {path: _since(path) for path in sorted(handed) if CONFIGURATION.search(path) is None}
    return [Held(BROUGHT, path, None, at, False) for path, at in ages.items() if at is not None]


def _certificates() -> list[Held]:
    ages = {site: _since(f"{TLS}/{site}/key.pem") for site in files.names_if_any(TLS)}
    return [Held(CERTIFICATE, site, None, at, False) for site, at in ages.items() if at is not None]


def _since(*places: str) -> float | None:
    """When the oldest of these files was written; None where none of them is there."""
    found = [each for each in map(files.status, places) if each is not None and stat.S_ISREG(each.st_mode)]
    return min((each.st_mtime for each in found), default=None)


VERBS = MappingProxyType({"held": _say})
