"""What follows a place in a host's journal, by journalctl(1): a number of records at most, each of bounded size."""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.collector.form import FIELDS, MOST_BYTES, TOO_LONG, message_of
from phiward_host.common import process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.journal import stored

CURSOR = re.compile(
    r"s=[0-9a-f]{32};i=[0-9a-f]{1,16};b=[0-9a-f]{32};m=[0-9a-f]{1,16};t=([0-9a-f]{1,16});x=[0-9a-f]{1,16}"
)
READ_SECONDS = 120.0
# Two of the longest lines are less, so that there is always a next one.
MOST_READ = 64 << 20


@dataclass(frozen=True)
class Found:
    """A record that was read, with its message as far as that is sent."""

    fields: Fields
    message: str

    @property
    def place(self) -> str:
        """Raises Failed where journalctl(1) has a cursor of another form."""
        place = self.fields.text("__CURSOR")
        if CURSOR.fullmatch(place) is None:
            raise Failed("a record has a cursor of another form")
        return place


def read(
    paths: Sequence[str] | None, *words: str, most: int, names: Sequence[str] = FIELDS
) -> tuple[list[Found], bool]:
    """The first records that `words` choose, and whether there is more than can be read at once. Raises Failed.

    They are of some files of other hosts, or of this machine (None). `names`: of the fields that they are read with.
    """
    chosen = [f"--output-fields={','.join(names)}", "--output=json", *words]
    text, is_cut = _said(paths, chosen, MOST_READ)
    found: list[Found] = []
    # What is behind the last line end is nothing, or not whole.
    for line in text.split("\n")[:-1][:most]:
        fields = Fields.of(json.loads(line), "record")
        message = message_of(fields.values)
        found.append(Found(fields, _long(paths, fields) if message is None else message))
    return found, is_cut


def is_same(one: str, other: str) -> bool:
    """Whether two places are of one record, whatever number a file has given it."""
    return one.partition(";b=")[2] == other.partition(";b=")[2]


def microseconds(place: str) -> int:
    """When the record of a place was written, by the clock of its host. Raises Failed."""
    found = CURSOR.fullmatch(place)
    if found is None:
        raise Failed("a place of the journal is of another form")
    return int(found[1], 16)


def _long(paths: Sequence[str] | None, fields: Fields) -> str:
    """The beginning of a message that journalctl(1) leaves out of its JSON, which ends at 4096 bytes."""
    words = ["--all", "--output=cat", "--output-fields=MESSAGE", "--lines=1", f"--cursor={fields.text('__CURSOR')}"]
    try:
        text, _ = _said(paths, words, 2 * MOST_BYTES)
    except Failed:
        # One that takes more memory than there is ends the one that reads it, and not what follows.
        return TOO_LONG
    return text.removesuffix("\n") or TOO_LONG


def _said(paths: Sequence[str] | None, words: Sequence[str], most: int) -> tuple[str, bool]:
    with stored.opened(paths or []) as descriptors:
        if paths is not None and not descriptors:
            return "", False
        files = [f"--file=/proc/self/fd/{descriptor}" for descriptor in descriptors]
        return _run(["journalctl", "--quiet", "--no-pager", *files, *words], descriptors, most)


def _run(argv: Sequence[str], descriptors: Sequence[int], most: int) -> tuple[str, bool]:
    """What a program says, and whether it was ended for saying as much as that. Raises Failed."""
    with subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=process.environment(),
        cwd="/",
        pass_fds=tuple(descriptors),
    ) as child:
        if child.stdout is None:
            raise Failed("journalctl was started without its pipe")
        data = child.stdout.read(most)
        if len(data) == most:
            child.kill()
        elif child.wait(READ_SECONDS) != 0:
            raise Failed(f"journalctl cannot read the journal (exit code {child.returncode})")
    return data.decode("utf-8", "replace"), len(data) == most
