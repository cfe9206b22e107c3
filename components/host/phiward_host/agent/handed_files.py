"""Files with a secret that travelled beside their plan.

Whoever asks for the status of a host does not send the secrets along: what was applied last is on record, as a hash
that root alone reads, as it does the file.
"""

import hashlib
import stat
from collections.abc import Mapping

from phiward_host.agent.content import Filled, HandedSecret
from phiward_host.agent.difference import content, has_content, owner_ids
from phiward_host.agent.plan import File, Plan
from phiward_host.agent.transaction import Transaction
from phiward_host.common import files


def digests(plan: Plan, handed: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of each such file, by its path. Raises Refused where its secret was not handed over."""
    return {file.path: sha256_of(content(file, handed)) for file in plan.files if _is_handed(file)}


def changed_files(plan: Plan, handed: Mapping[str, str]) -> list[str]:
    """Paths of such files whose secret was not sent along, and that are not as they were applied last."""
    unknown = [file for file in plan.files if _is_handed(file) and not has_content(file, handed)]
    if not unknown:
        return []
    recorded = Transaction(plan.unit).generation().handed
    return [file.path for file in unknown if not _is_as_applied(file, recorded.get(file.path))]


def _is_handed(file: File) -> bool:
    match file.content:
        case HandedSecret():
            return True
        case Filled(parts):
            return any(isinstance(part, HandedSecret) for part in parts)
        case _:
            return False


def _is_as_applied(file: File, digest: str | None) -> bool:
    try:
        found = files.status(file.path)
        if found is None or not stat.S_ISREG(found.st_mode):
            return False
        is_owned = (found.st_uid, found.st_gid) == owner_ids(file.owner)
        return is_owned and found.st_mode & 0o7777 == file.mode and sha256_of(files.read(file.path)) == digest
    except OSError:
        return False


def sha256_of(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()
