"""Who was erased, and who asked, without a name: keyed hashes of references, each with a time.

The key is a secret of this host's own, so that who has the register alone cannot try references. It is in the backups
beside the register, and escrowed.
"""

import contextlib
import hashlib
import hmac
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from phiward_host.common import files, lock, paths, records
from phiward_host.common.decode import Fields, as_float, dict_of
from phiward_host.common.errors import Damaged, Failed
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
    # Databases, and volumes as SERVICE/VOLUME, that were restored without erasing these persons again, since when.
    returned: Mapping[str, float] = field(default_factory=dict[str, float])

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        times = dict_of(as_float)
        erased, begun, requests = (fields.read(name, times) for name in ("erased", "begun", "requests"))
        return cls(erased, begun, requests, fields.read_or("returned", times, {}))

    def to_json(self) -> dict[str, object]:
        """As `from_json` reads it."""
        value: dict[str, object] = {
            "erased": dict(self.erased),
            "begun": dict(self.begun),
            "requests": dict(self.requests),
        }
        return {**value, "returned": dict(self.returned)} if self.returned else value


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
    records.write_json(path(), register.to_json(), LOG)


def begin() -> None:
    """Makes an empty one where there is none, so that backups have it."""
    if not files.exists(path()):
        save(Register())


def keep(*, without: bool) -> None:
    """Before a restore, which may replace the register: what is known now is kept beside it, until `finish`.

    Raises Damaged for a register that cannot be read, unless the restore does `without` erasing anybody again. The
    caller holds the lock.
    """
    finish()
    try:
        known = load()
    except Damaged:
        if not without:
            raise
        known = Register()
    if known != Register():
        records.write_json(before_path(), known.to_json(), LOG)


def finish() -> None:
    """After a restore, also one that a power cut ended: what was known before it counts. The caller holds the lock."""
    if files.exists(before_path()):
        known = records.read_or_begin(before_path(), Register.from_json, Register(), LOG)
        if known != Register():
            united(known)
        files.remove(before_path())


def finish_killed() -> None:
    """The same for who does not hold the lock, of a restore that was killed."""
    if files.exists(before_path()):
        with locked("the end of a restore"):
            finish()


def named(place: str) -> str:
    """A database, or a volume as SERVICE/VOLUME, in a sentence."""
    return f"the {'volume' if '/' in place else 'database'} {place}"


def note_returned(place: str, at: float | None) -> None:
    """Notes during a restore that erased persons come back in a place then, or with None that they do not."""
    known = records.read_or_begin(before_path(), Register.from_json, Register(), LOG)
    others = {name: since for name, since in known.returned.items() if name != place}
    returned = others if at is None else {**others, place: at}
    if returned != known.returned:
        records.write_json(before_path(), replace(known, returned=returned).to_json(), LOG)


def united(before: Register) -> None:
    """After files were restored: who was erased since that backup is erased still, and requests are as they were."""
    if before == Register() and not files.exists(path()):
        return
    # One that came damaged is set aside: what was known here counts.
    found = load() if before == Register() else records.read_or_begin(path(), Register.from_json, Register(), LOG)
    erased = {**found.erased, **before.erased}
    begun = {entry: at for entry, at in {**found.begun, **before.begun}.items() if entry not in erased}
    # Of a host that is new, what is in the backup is all that is known of requests.
    known = before if before != Register() else found
    both = Register(erased, begun, known.requests, known.returned)
    if both != found:
        save(both)


def late(register: Register) -> list[str]:
    """Sentences on requests that are to be answered, and on erasures that nobody finished."""
    now = time.time()
    waiting = [at for at in register.requests.values() if now > at + REMIND_DAYS * DAY]
    due = time.strftime("%Y-%m-%d", time.gmtime(min(waiting, default=0) + ANSWER_DAYS * DAY))
    stuck = [at for at in register.begun.values() if now > at + DAY]
    return [
        *([f"{len(waiting)} requests of persons wait for an answer, the first until {due}"] if waiting else []),
        *([f"{len(stuck)} erasures were begun and not finished; do them again"] if stuck else []),
        *(
            f"persons who were erased may be back in {named(place)}, by a restore without their erasures: "
            "npx phiward subject again"
            for place in sorted(register.returned)
        ),
    ]


def path() -> str:
    """Where it is."""
    return f"{paths.BASE}/subjects/register.json"


def before_path() -> str:
    """Where what was known before a restore is kept: in no directory that a restore replaces."""
    return f"{paths.BASE}/backup/register-before.json"
