"""Whose records are sent, and what of them comes next."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.collector import reading
from phiward_host.collector.form import FIELDS
from phiward_host.collector.place import Place
from phiward_host.collector.reading import Found
from phiward_host.journal import stored

BATCH = 500
DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Next:
    """What follows a place: records, where they end, whether these are all, and after which record some are missing."""

    records: list[Found]
    place: Place
    is_all: bool
    missing_from: str | None


@dataclass
class Source:
    """The records of one host: those that it sends here, or this machine's own."""

    host: str
    is_own: bool
    fields: Sequence[str] = FIELDS
    _seen: float | None = None

    def newest(self) -> Place:
        """The place from which on records are sent where none was before. Raises Failed."""
        found, _ = reading.read(self._paths(time.time()), "--lines=1", most=1)
        return Place(found[0].place if found else None, time.time())

    def matching(self, *matches: str, most: int) -> list[Found]:
        """The newest records that match, the newest first. Raises Failed."""
        words = ["--reverse", f"--lines={most}", *matches]
        found, _ = reading.read(self._paths(time.time()), *words, most=most, names=self.fields)
        return found

    def next(self, place: Place) -> Next:
        """What follows. Raises Failed."""
        began, seen = time.time(), self._written()
        if seen is not None and seen == self._seen:
            return Next([], Place(place.cursor, began), is_all=True, missing_from=None)
        found, is_cut = self._read(place)
        # A file may have got its other name between the list and its opening.
        if _lacks(found, place):
            found, is_cut = self._read(place)
        lacks = _lacks(found, place)
        records = found if lacks or place.cursor is None else found[1:]
        records = records[:BATCH]
        is_all = len(found) <= BATCH and not is_cut
        self._seen = seen if is_all else None
        cursor = records[-1].place if records else place.cursor
        since = began if is_all else place.since
        return Next(records, Place(cursor, since), is_all=is_all, missing_from=place.cursor if lacks else None)

    def again(self) -> None:
        """A new connection: what is not settled is read again, although nothing was written."""
        self._seen = None

    def _read(self, place: Place) -> tuple[list[Found], bool]:
        start = [f"--lines=+{BATCH + 1}"]
        if place.cursor is not None:
            start = [f"--lines={BATCH + 1}", f"--cursor={place.cursor}"]
        return reading.read(self._paths(place.since), *start, most=BATCH + 1, names=self.fields)

    def _paths(self, since: float) -> list[str] | None:
        """The files that can hold what follows: those that were written to since all was sent."""
        if self.is_own:
            return None
        newest_first = stored.files_of(self.host)
        return [
            path
            for index, path in enumerate(newest_first)
            if index < stored.NEWEST or stored.written(path) >= since - DAY_SECONDS
        ]

    def _written(self) -> float | None:
        """When the file that is added to was last written to; None of this machine's own, where that is not asked."""
        active = stored.active(self.host).removeprefix(f"{stored.TOP}/")
        return None if self.is_own else stored.written(active) or None


def _lacks(found: list[Found], place: Place) -> bool:
    """Whether the record of a place is not there any more, though later ones are."""
    return place.cursor is not None and bool(found) and not reading.is_same(found[0].place, place.cursor)
