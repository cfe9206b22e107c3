"""The journal files of each host at the vault, and what their newest record is."""

import contextlib
import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from phiward_host.common import files, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed

TOP, REMOTE = "/var/log/journal", "remote"
# Of a cursor what a record has in every file that holds it: boot, both times and a sum of its fields.
LASTING = re.compile(r"b=[0-9a-f]{32};m=[0-9a-f]{1,16};t=([0-9a-f]{1,16});x=[0-9a-f]{1,16}")
# The newest record is in the file that is written, or where that is new, in the one before; a damaged one is a third.
NEWEST = 3
READ_SECONDS = 60


@dataclass(frozen=True)
class Record:
    """A record: where it is, with its fields."""

    fields: Fields

    @property
    def place(self) -> str:
        """What another machine finds it by. Raises Failed where it is not of that form."""
        _, _, place = self.fields.text("__CURSOR").partition(";b=")
        if LASTING.fullmatch(f"b={place}") is None:
            raise Failed("the newest record of the host has a cursor of another form")
        return f"b={place}"

    @property
    def seconds(self) -> float:
        """When it was written, by the clock of its host: seconds since 1970."""
        return int(self.fields.text("__REALTIME_TIMESTAMP")) / 1_000_000


def time_of(seconds: float) -> str:
    """A time as it is said; a host may write any."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return "an unknown time"


def active(host: str) -> str:
    """The file that is written, as systemd-journal-remote(8) opens it."""
    return f"{TOP}/{_active(host)}"


def _active(host: str) -> str:
    return f"{REMOTE}/remote-{host}.journal"


def files_of(host: str) -> list[str]:
    """All files of a host beneath `TOP`, also damaged ones, the one last written to first."""
    return sorted(listed(host), key=written, reverse=True)


def listed(host: str) -> list[str]:
    """The same in any order, without a look at each."""
    try:
        names = files.names_beneath(TOP, REMOTE)
    except FileNotFoundError:
        return []
    return [f"{REMOTE}/{name}" for name in names if _is_of(host, name)]


def full_files_of(host: str) -> list[str]:
    """Those that nothing is added to any more."""
    return [path for path in files_of(host) if path != _active(host)]


def _is_of(host: str, name: str) -> bool:
    archived = name.startswith(f"remote-{host}@") and name.endswith((".journal", ".journal~"))
    return archived or name == f"remote-{host}.journal"


def written(path: str) -> float:
    """When a file was last written to, by this machine's clock; 0 where it is gone."""
    found = files.status_beneath(TOP, path)
    return 0.0 if found is None else found.st_mtime


def bytes_of(paths: Sequence[str]) -> int:
    """What files take on the disk."""
    found = (files.status_beneath(TOP, path) for path in paths)
    return sum(status.st_blocks * 512 for status in found if status is not None)


@contextlib.contextmanager
def opened(paths: Sequence[str]) -> Generator[Sequence[int]]:
    """Descriptors of files: the account that writes them cannot have another one read in their place."""
    with contextlib.ExitStack() as stack:
        descriptors: list[int] = []
        for path in paths:
            # Renamed since it was listed: what was in it is in another one.
            with contextlib.suppress(FileNotFoundError):
                descriptors.append(stack.enter_context(files.reading_beneath(TOP, path)))
        yield descriptors


def newest(host: str, *matches: str, count: int = 1) -> list[Record]:
    """The newest records that match, the oldest of them first. Raises Failed."""
    return records(files_of(host)[:NEWEST], f"--lines={count}", *matches)


def records(paths: Sequence[str], *words: str) -> list[Record]:
    """The records of some files, in their order. Raises Failed."""
    with opened(paths) as descriptors:
        if not descriptors:
            return []
        chosen = [f"--file=/proc/self/fd/{descriptor}" for descriptor in descriptors]
        argv = ["journalctl", "--quiet", "--no-pager", "--output=json", *chosen, *words]
        done = process.run(argv, timeout=READ_SECONDS, pass_fds=descriptors)
    if done.code != 0:
        raise Failed(f"journalctl cannot read the journal of a host (exit code {done.code})")
    return [Record(Fields.of(json.loads(line), "record")) for line in done.stdout.splitlines() if line]


def local(*matches: str) -> Record | None:
    """The newest record of this machine's own journal that matches. Raises Failed."""
    done = process.run(
        ["journalctl", "--quiet", "--no-pager", "--output=json", "--lines=1", *matches], timeout=READ_SECONDS
    )
    if done.code != 0:
        raise Failed(f"journalctl cannot read the journal (exit code {done.code})")
    lines = done.stdout.splitlines()
    return Record(Fields.of(json.loads(lines[-1]), "record")) if lines else None
