"""What patterns find in a volume: listed piece by piece, through descriptors, and without following any link.

The application owns all of it, and may change it meanwhile: nothing here leads out of the directory that it begins at.
"""

import base64
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

from phiward_host.common.entries import (
    each_name,
    is_directory,
    open_directory,
    open_file,
    read_descriptor,
    remove_if_empty,
)
from phiward_host.common.trees import remove_entry
from phiward_host.common.walking import Descent, walk
from phiward_host.subjects.patterns import MOST_REFERENCE, Part, Pattern

# What a directory, or a file, is not; and what is no name that one could have.
OTHERS = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
# How often what matches is looked for: a directory that is listed while entries of it go may leave some out.
PASSES = 3


@dataclass(frozen=True)
class Whose:
    """Whose files are looked for: a person's, by the reference, or those for which a function of references holds."""

    reference: str | None
    is_theirs: Callable[[str], bool]

    @classmethod
    def of(cls, reference: str) -> "Whose":
        return cls(reference, lambda found: found == reference)

    def name(self, part: Part) -> str | None:
        """The only name that a part can be; None where a directory has to be listed for it."""
        if part.is_text:
            return part.text
        return part.name_of(self.reference) if part.has_reference and self.reference is not None else None

    def has(self, part: Part, name: str) -> bool:
        """Whether a name is one of theirs."""
        if not part.has_reference:
            return part.matches(name)
        reference = part.reference_in(name)
        # What no reference can be is not UTF-8 either.
        if reference is None or len(reference) > MOST_REFERENCE or not reference.isprintable():
            return False
        return self.is_theirs(reference)


@dataclass(frozen=True)
class Found:
    """An entry of the open directory `directory`, which `way` leads to.

    `is_left`: a directory that was looked through.
    """

    directory: int
    name: str
    way: tuple[str, ...]
    is_left: bool = False


def found(top: int, pattern: Pattern, whose: Whose) -> Iterator[Found]:
    """What a pattern matches below an open directory; and, once it is through, each directory of the person's on the
    way. There may be nothing by a name any more. Raises OSError.
    """
    held = [open_directory(".", top)]
    names = [_names(held[-1], pattern.parts[0], whose)]
    way: list[str] = []
    try:
        while names:
            name = next(names[-1], None)
            if name is None:
                names.pop()
                os.close(held.pop())
                if way:
                    left = way.pop()
                    if len(way) >= pattern.whose:
                        yield Found(held[-1], left, tuple(way), is_left=True)
            elif len(names) == len(pattern.parts):
                yield Found(held[-1], name, tuple(way))
            else:
                below = _below(
                    held[-1], name, is_required=pattern.parts[len(way)].is_text and whose.reference is not None
                )
                if below is not None:
                    held.append(below)
                    way.append(name)
                    names.append(_names(below, pattern.parts[len(way)], whose))
    finally:
        for iterator in names:
            iterator.close()
        for descriptor in held:
            os.close(descriptor)


def _names(directory: int, part: Part, whose: Whose) -> Generator[str]:
    known = whose.name(part)
    if known is not None:
        yield known
        return
    for name in each_name(directory):
        if whose.has(part, name):
            yield name


def _below(directory: int, name: str, *, is_required: bool) -> int | None:
    try:
        return open_directory(name, directory)
    except OSError as error:
        if error.errno not in OTHERS:
            raise
        # With a person who waits for it, nothing is called done that was not looked at.
        if is_required and error.errno in (errno.ENOTDIR, errno.ELOOP):
            raise OSError(errno.ENOTDIR, "a link or a file is where subjects.files has a directory", None) from None
        return None


def is_any(top: int, pattern: Pattern, whose: Whose) -> bool:
    """Whether there is anything of theirs, a directory without files too."""
    kinds = (is_directory(one.name, one.directory) for one in found(top, pattern, whose) if not one.is_left)
    return any(kind is not None and (pattern.below or not kind) for kind in kinds)


@dataclass
class Gone:
    """How many files and links went, and of how many of them the data has another name in the volume still."""

    files: int = 0
    linked: int = 0

    def count(self, status: os.stat_result) -> None:
        self.files += 1
        self.linked += stat.S_ISREG(status.st_mode) and status.st_nlink > 1


def remove(top: int, pattern: Pattern, whose: Whose) -> Gone:
    """Removes what is theirs, and directories of theirs that are empty then. Raises OSError.

    What the service writes meanwhile may be there then; `is_any` says so.
    """
    gone = Gone()
    for _ in range(PASSES):
        for one in found(top, pattern, whose):
            _remove(one, pattern, gone)
        if not is_any(top, pattern, whose):
            break
    return gone


def _remove(one: Found, pattern: Pattern, gone: Gone) -> None:
    if one.is_left:
        remove_if_empty(one.name, one.directory)
        return
    kind = is_directory(one.name, one.directory)
    if kind is not None and (pattern.below or not kind):
        remove_entry(one.name, one.directory, "the volume", gone.count)


class TooMuch(Exception):
    """There is more of one person than is shown."""


@dataclass
class Room:
    """How much may still be shown."""

    files: int
    size: int

    def take(self, size: int) -> None:
        self.files -= 1
        self.size -= size
        if self.files < 0 or self.size < 0:
            raise TooMuch


def show(top: int, pattern: Pattern, whose: Whose, room: Room) -> list[dict[str, object]]:
    """Each file with its path, size, SHA-256 and content in base64; of what else there is, what it is.

    Raises TooMuch, and OSError.
    """
    shown: list[dict[str, object]] = []
    for one in found(top, pattern, whose):
        kind = None if one.is_left else is_directory(one.name, one.directory)
        if kind is None or (kind and not pattern.below):
            continue
        with Descent(one.directory, "the volume") as tree:
            try:
                for step in walk(tree, one.name, most=room.files):
                    if step.kind == "past":
                        names = [*one.way, *tree.names, step.name]
                        shown.append(_shown(tree.descriptor, names, step.found, room))
            except OSError as error:
                if error.errno == errno.EFBIG:
                    raise TooMuch from None
                raise
    return shown


def _shown(directory: int, names: Sequence[str], status: os.stat_result, room: Room) -> dict[str, object]:
    # A name may be no UTF-8.
    path = os.fsencode("/".join(names)).decode("utf-8", "backslashreplace")
    if not stat.S_ISREG(status.st_mode):
        room.take(0)
        return {"path": path, "kind": "link" if stat.S_ISLNK(status.st_mode) else "pipe, socket or device"}
    descriptor = open_file(names[-1], directory, "the volume")
    try:
        data = read_descriptor(descriptor, "the volume", room.size)
    finally:
        os.close(descriptor)
    room.take(len(data))
    digest = hashlib.sha256(data).hexdigest()
    return {"path": path, "bytes": len(data), "sha256": digest, "content": base64.b64encode(data).decode()}
