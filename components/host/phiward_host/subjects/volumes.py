"""Files of persons in services' volumes: shown and erased with the rights of whoever owns the volume, and no more."""

import os
from collections.abc import Callable, Mapping, Sequence

from phiward_host.backup.mounts import volume_paths
from phiward_host.common.account import as_account
from phiward_host.common.decode import Fields, as_object, list_of
from phiward_host.common.directory import beneath
from phiward_host.common.errors import Failed
from phiward_host.subjects.settings import FilePlace
from phiward_host.subjects.walked import Gone, Room, TooMuch, Whose, is_any, remove, show

# Of one person, in all volumes.
MOST_FILES = 1000
MOST_SIZE = 32 << 20
# In base64, with names and hashes.
MOST_ANSWER = 64 << 20
SHOW_SECONDS, ERASE_SECONDS = 120, 1800

ByVolume = Mapping[str, Sequence[FilePlace]]


def shown(volumes: ByVolume, reference: str) -> dict[str, Sequence[object]]:
    """The files of one person in each place. Raises Failed where they are too many."""
    room, found = Room(MOST_FILES, MOST_SIZE), dict[str, Sequence[object]]()
    for places in volumes.values():
        answer = _as_owner(
            places, lambda top, of=places, left=room: _show(top, of, reference, left), SHOW_SECONDS, MOST_ANSWER
        )
        if not answer.has("places"):
            raise Failed(
                f"volume {places[0].where}: found more files of one person, allowed in an export: {MOST_FILES} files "
                f"and {MOST_SIZE >> 20} MB; hand files over in another way, and leave this volume out of it meanwhile"
            )
        lists = answer.items("places", list_of(as_object))
        found |= {place.label: each for place, each in zip(places, lists, strict=True)}
        room = Room(answer.integer("files"), answer.integer("size"))
    return found


def is_there(volumes: ByVolume, reference: str) -> bool:
    """Whether there is any file, link or directory of a person."""
    return any(
        _as_owner(places, lambda top, of=places: {"any": _is_any(top, of, Whose.of(reference))}).flag("any")
        for places in volumes.values()
    )


def erase(places: Sequence[FilePlace], whose: Whose) -> dict[str, Gone]:
    """Erases files in the places of one running volume. Raises Failed where some are there still."""
    answer = _as_owner(places, lambda top: _erase(top, places, whose), ERASE_SECONDS)
    os.sync()
    if answer.flag("left"):
        raise Failed(
            f"volume {places[0].where}: files of erased persons are still there, allowed: none; the service wrote them "
            "again meanwhile: do it again"
        )
    gone = answer.items("gone", _gone)
    return {place.label: each for place, each in zip(places, gone, strict=True)}


def erase_below(top: int, places: Sequence[FilePlace], whose: Whose) -> Gone:
    """The same in a directory of root's that nobody else reaches. Raises Failed."""
    try:
        gone = [remove(top, place.pattern, whose) for place in places]
        left = _is_any(top, places, whose)
    except OSError as error:
        raise _fault(places, error) from None
    if left:
        raise Failed(f"volume {places[0].where}: files of erased persons are still there, allowed: none")
    return Gone(sum(each.files for each in gone), sum(each.linked for each in gone))


def _show(top: int, places: Sequence[FilePlace], reference: str, room: Room) -> dict[str, object]:
    try:
        lists = [show(top, place.pattern, Whose.of(reference), room) for place in places]
    except TooMuch:
        return {}
    return {"places": lists, "files": room.files, "size": room.size}


def _erase(top: int, places: Sequence[FilePlace], whose: Whose) -> dict[str, object]:
    gone = [remove(top, place.pattern, whose) for place in places]
    return {"gone": [vars(each) for each in gone], "left": _is_any(top, places, whose)}


def _is_any(top: int, places: Sequence[FilePlace], whose: Whose) -> bool:
    return any(is_any(top, place.pattern, whose) for place in places)


def _as_owner(
    places: Sequence[FilePlace], work: Callable[[int], object], seconds: float = SHOW_SECONDS, most: int = 1 << 20
) -> Fields:
    """What `work` answers of a volume, in a child with the rights of its owner."""
    name = places[0].name
    path = volume_paths([name])[name]
    try:
        with beneath(path) as top:
            owner = os.fstat(top)
            answer = as_account(owner.st_uid, owner.st_gid, lambda: work(top), seconds, most)
    except OSError as error:
        raise _fault(places, error) from None
    return Fields.of(answer, f"volume {places[0].where}")


def _fault(places: Sequence[FilePlace], error: OSError) -> Failed:
    # Without the name of what is in it: that may be the person's.
    return Failed(f"volume {places[0].where}: its files cannot be looked through, or erased: {error.strerror}")


def _gone(value: object, path: str) -> Gone:
    fields = Fields.of(value, path)
    return Gone(fields.integer("files"), fields.integer("linked"))
