"""What was on the host when integrity was first applied: the server's own settings, of no package and no plan.

It is written once. Whoever is root can write another: its hash belongs into the stack's file, off the host, and a look
says so where it is another one.
"""

import hashlib
import json
from collections.abc import Iterable

from phiward_host.common import files, paths, records
from phiward_host.common.decode import list_of, optional
from phiward_host.common.log import RootLog
from phiward_host.integrity.finding import DANGEROUS, Finding, each_once

LOG = RootLog("integrity")
Known = frozenset[Finding]


def path() -> str:
    return f"{paths.BASE}/integrity/baseline.json"


def exists() -> bool:
    return files.exists(path())


def known() -> Known:
    """Raises Damaged, OSError."""
    return frozenset(records.read(path(), list_of(Finding.from_json), []))


def begin(found: Iterable[Finding]) -> None:
    """Writes it, where there is none. What is root for whoever put it there is in none."""
    if records.read_or_begin(path(), optional(list_of(Finding.from_json)), None, LOG) is None:
        rows = [finding.to_json() for finding in each_once(found) if finding.kind not in DANGEROUS]
        records.write(path(), f"{json.dumps(rows, indent=0)}\n", LOG)


def seal() -> str:
    """The SHA-256 of the baseline, hexadecimal. Raises OSError."""
    return hashlib.sha256(files.read(path())).hexdigest()
