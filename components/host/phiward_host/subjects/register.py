"""Who was erased, and who asked, without a name: keyed hashes of references, each with a time.

The key is a secret of this host's own, so that who has the register alone cannot try references. It is in the backups
beside the register, and escrowed.
"""

import contextlib
import hashlib
import hmac
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Self

from phiward_host.common import files, lock, paths, records
from phiward_host.common.decode import Fields, as_float, dict_of
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog

LOG = RootLog("subjects")
MOST_ENTRIES = 100_000
# An erasure takes as long as its statements do.
LOCK_SECONDS = 60.0
DAY = 86_400.0
# An answer is due a month after the request (GDPR 12(3)); a week before, people hear of it each day.
ANSWER_DAYS, REMIND_DAYS = 30, 23


@dataclass(frozen=True)
class Register:
    """Hashes and times, in seconds since 1970."""

    # Erased whole: again after each restore.
    erased: Mapping[str, float] = field(default_factory=dict[str, float])
    # Being erased; what is there still was not finished.
    begun: Mapping[str, float] = field(default_factory=dict[str, float])
    # Asked, and not answered.
    requests: Mapping[str, float] = field(default_factory=dict[str, float])

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        times = dict_of(as_float)
        return cls(*(fields.read(name, times) for name in ("erased", "begun", "requests")))


@contextlib.contextmanager
def locked(who: str) -> Generator[None]:
    """One at a time changes the register, or depends on it."""
    with lock.hold("subjects.lock", who, LOCK_SECONDS):
        yield


def hash_of(key_file: str, reference: str) -> str:
    """The entry of a reference. Raises Failed where this host has no key."""
    return hasher(key_file)(reference)


def hasher(key_file: str) -> Callable[[str], str]:
    """The same for many references, by a key that is read once."""
    key = files.read_text(key_file).strip() if files.exists(key_file) else ""
    if not key:
        raise Failed(f"{key_file}: found no key of the register, allowed: the one that the next deploy makes")
    return lambda reference: hmac.new(key.encode(), reference.encode(), hashlib.sha256).hexdigest()


def load() -> Register:
    """The register. Raises Damaged for one that cannot be read: who was erased would come back by a restore."""
    return records.read(path(), Register.from_json, Register())


def save(register: Register) -> None:
    """Replaces it. Raises Failed where it is full."""
    if max(len(register.erased), len(register.begun), len(register.requests)) > MOST_ENTRIES:
        raise Failed(f"the register of erased people has more than {MOST_ENTRIES} entries, allowed: fewer")
    value = {"erased": dict(register.erased), "begun": dict(register.begun), "requests": dict(register.requests)}
    records.write_json(path(), value, LOG)


def begin() -> None:
    """Makes an empty one where there is none, so that backups have it."""
    if not files.exists(path()):
        save(Register())


def united(before: Register) -> None:
    """After files were restored: who was erased since that backup is erased still, and requests are as they were."""
    if before == Register() and not files.exists(path()):
        return
    # One that came damaged is set aside: what was known here counts.
    found = load() if before == Register() else records.read_or_begin(path(), Register.from_json, Register(), LOG)
    erased = {**found.erased, **before.erased}
    begun = {entry: at for entry, at in {**found.begun, **before.begun}.items() if entry not in erased}
    # Of a host that is new, what is in the backup is all that is known of requests.
    save(Register(erased, begun, before.requests if before != Register() else found.requests))


def late(register: Register) -> list[str]:
    """Sentences on requests that are to be answered, and on erasures that nobody finished."""
    now = time.time()
    waiting = [at for at in register.requests.values() if now > at + REMIND_DAYS * DAY]
    due = time.strftime("%Y-%m-%d", time.gmtime(min(waiting, default=0) + ANSWER_DAYS * DAY))
    stuck = [at for at in register.begun.values() if now > at + DAY]
    return [
        *([f"{len(waiting)} requests of persons wait for an answer, the first until {due}"] if waiting else []),
        *([f"{len(stuck)} erasures were begun and not finished; do them again"] if stuck else []),
    ]


def path() -> str:
    """Where it is."""
    return f"{paths.BASE}/subjects/register.json"
