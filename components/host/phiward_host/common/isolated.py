"""Whether this host is isolated, since when, by whom and why.

Which of two names one file has says it. The file is made beforehand and written in its place, and a change of its name
needs no room: a full disk hinders nothing. What cannot be kept there is in memory until the next restart.
"""

import json
import os
import stat
import time
from dataclasses import dataclass, field
from typing import Self

from phiward_host.common import files, paths, records
from phiward_host.common.decode import Fields, as_float, as_str, list_of
from phiward_host.common.directory import NotRootsAlone
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.common.text import one_line

LOG = RootLog("isolation")
# A block: written at once, and never more than is there.
SIZE = 4096
MOST_CHARACTERS = 300
# Where units are held back (phiward_host/isolation/held.py), and the file by which each is.
DROP_INS = "/run/systemd/system"
DROP_IN = "50-phiward-isolated.conf"
DOCKER_HELD = f"{DROP_INS}/docker.service.d/{DROP_IN}"


@dataclass(frozen=True)
class Standing:
    """What the host knows of its isolation, and of the last one after it has ended.

    `last`: the time of the newest order that was carried out; an older one is void. `vault`: its addresses as they were
    last looked up.
    """

    since: float = 0.0
    who: str = ""
    why: str = ""
    last: float = 0.0
    vault: tuple[str, ...] = field(default=())

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            fields.read_or("since", as_float, 0.0),
            fields.read_or("who", as_str, ""),
            fields.read_or("why", as_str, ""),
            fields.read_or("last", as_float, 0.0),
            tuple(fields.read_or("vault", list_of(as_str), [])),
        )

    @property
    def words(self) -> str:
        """Since when, by whom and why, for people."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.since)) if self.since else "an unknown time"
        return one_line(
            f"isolated since {at} by {self.who or 'an unknown person'}: {self.why or 'no reason is on record'}"
        )


UNKNOWN = Standing(0.0, "", "the record of it is damaged")


def directory() -> str:
    return f"{paths.BASE}/isolation"


def _ready() -> str:
    return f"{directory()}/ready"


def _isolated() -> str:
    return f"{directory()}/isolated"


def _in_memory() -> str:
    return f"{paths.RUN}/isolated"


def is_prepared() -> bool:
    """Whether the file is there, whole, and by which name does not matter."""
    return any(_is_whole(path) for path in (_ready(), _isolated()))


def _is_whole(path: str) -> bool:
    found = files.status(path)
    return found is not None and stat.S_ISREG(found.st_mode) and found.st_size == SIZE


def prepare() -> None:
    """Makes the file, unless it is there. Raises OSError."""
    if not is_prepared():
        # What is none of these in their place is set aside.
        records.write(_isolated() if files.exists(_isolated()) else _ready(), _text(Standing()).decode(), LOG)


def is_isolated() -> bool:
    """By what root alone could have written: a state that others can write to says nothing, and a deploy mends it."""
    return any(_is_roots(path) for path in (_isolated(), _in_memory()))


def _is_roots(path: str) -> bool:
    try:
        return files.exists(path)
    except NotRootsAlone:
        return False


def is_seen() -> bool:
    """The same, for an account that reads no state of root's: by what holds Docker back until the next restart."""
    return files.exists(DOCKER_HELD)


def standing() -> Standing:
    """What is on record; of what is damaged, that it is. Raises nothing: whoever asks goes on."""
    for path in (_isolated(), _in_memory(), _ready()):
        try:
            if files.exists(path):
                return Standing.from_json(json.loads(files.read(path, SIZE)), path)
        except (OSError, ValueError, Failed, RecursionError):
            return UNKNOWN if path != _ready() else Standing()
    return Standing()


def mark(found: Standing) -> bool:
    """The host counts as isolated when this returns. True where that lasts over a restart. Raises OSError."""
    try:
        prepare()
        if not files.exists(_isolated()):
            files.patch(_ready(), 0, _text(found))
            files.rename(_ready(), _isolated())
        else:
            files.patch(_isolated(), 0, _text(found))
    except OSError:
        files.make_directory(paths.RUN)
        files.write(_in_memory(), _text(found))
        return False
    return True


def note(found: Standing) -> None:
    """Puts what is known on record, and leaves the host as it is: isolated or not. Raises OSError."""
    prepare()
    files.patch(_isolated() if files.exists(_isolated()) else _ready(), 0, _text(found))


def unmark(found: Standing) -> None:
    """The host does not count as isolated any more. Raises OSError."""
    if files.exists(_isolated()):
        files.patch(_isolated(), 0, _text(found))
        files.rename(_isolated(), _ready())
    files.remove(_in_memory())


def require_open(what: str) -> None:
    """Raises Refused where the host is isolated: nothing changes it then but what ends that."""
    if is_isolated():
        raise Refused(f"{what}: this host is {standing().words}. Nothing was changed; npx phiward unisolate HOST first")


def _text(found: Standing) -> bytes:
    """Of one length, whatever it says."""
    said = {
        "since": found.since,
        "who": found.who[:64],
        "why": found.why[:MOST_CHARACTERS],
        "last": found.last,
        "vault": list(found.vault[:8]),
    }
    data = json.dumps(said).encode()
    # A reason of characters that JSON spells out is longer.
    if len(data) >= SIZE:
        data = json.dumps({**said, "why": "", "vault": []}).encode()
    return data.ljust(SIZE - 1) + b"\n"


def conditions() -> str:
    """Lines of systemd.unit(5) by which a unit starts on a host that is not isolated alone."""
    return "".join(f"ConditionPathExists=!{path}\n" for path in (_isolated(), os.path.abspath(_in_memory())))


def hold_text() -> str:
    """What holds a unit back on an isolated host, and does nothing on any other."""
    return f"[Unit]\n{conditions()}"
