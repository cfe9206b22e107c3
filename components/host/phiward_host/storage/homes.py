"""Homes on a file system of their own, whose size is all that people can write to a disk.

Where `/home` is one already, it stays as it is. Anywhere else it is an image of the declared size, all of which is
reserved on the disk: neither can homes take more, nor can anything else take what is theirs. What homes held before is
copied into it, and stays beneath the mount.
"""

from phiward_host.common import files, paths, trees
from phiward_host.common.errors import Failed, Refused
from phiward_host.storage import tools

HOMES = "/home"
SETTING = "homes.megabytes"
# Where the host keeps what a full disk would stop; homes are to be on another file system than each of them.
OF_THE_HOST = ("/", "/var/lib", "/var/log", "/var/lib/docker", "/var/log/journal")
FLAGS = ("nodev", "nosuid")
# Of the image, what a file system needs for itself; and what the disk keeps free beside the image.
HOMES_SHARE = 0.8
KEPT_FREE = 512 << 20
# ext4 zeroes blocks of its own now and then, and a loop device does it by handing them back, until the next `settle`.
RESERVED_SHARE = 0.9
OWN_DIRECTORY = "lost+found"


def _directory() -> str:
    return f"{paths.BASE}/storage"


def image() -> str:
    """The image, where homes are on one."""
    return f"{_directory()}/homes.img"


def faults(size: int) -> list[str]:
    """A sentence for each thing that is not as declared. Raises OSError and Failed."""
    source = tools.source(HOMES)
    if source is None:
        return [f"{HOMES} is on the disk of the host, so one person can fill that"]
    found = [f"{HOMES} is mounted without {flag}" for flag in FLAGS if flag not in tools.options(HOMES)]
    if not _is_ours(source):
        return [*found, *_shared()]
    held = files.status(image())
    if held is None or held.st_size != size or tools.file_system_bytes(source) != size:
        found.append(f"{HOMES} has another size than {size >> 20} MB")
    elif held.st_blocks * 512 < size * RESERVED_SHARE:
        found.append(f"the disk has no room for {100 - int(100 * RESERVED_SHARE)} % of {HOMES} and more: free some")
    return found


def settle(size: int) -> None:
    """Brings homes to what is declared; cut off anywhere, the next run does the rest. Raises OSError and Failed."""
    source = tools.source(HOMES)
    if source is not None and not _is_ours(source):
        for sentence in _shared():
            raise Failed(f"{sentence}: unmount it, or give it a file system of its own")
        _set_flags()
        return
    if not files.exists(image()):
        _make(size)
    try:
        # Of homes that are not mounted yet the image is free, unless somebody still works in what was unmounted.
        _grow(size, tools.device_of(image()) or image())
    finally:
        # Whatever was refused: the host starts with its homes.
        if source is None:
            tools.mount(image(), HOMES)
        _set_flags()


def _grow(size: int, where: str) -> None:
    held = files.status(image())
    if held is None or held.st_size > size:
        allowed = 0 if held is None else held.st_size >> 20
        raise Refused(
            f"{SETTING}: found {size >> 20}, allowed: at least {allowed}, which homes have on this host; nothing was "
            "changed"
        )
    if held.st_size < size:
        _require_room(size - held.st_size)
    tools.reserve(image(), size)
    if tools.file_system_bytes(where) == size:
        return
    try:
        tools.grow(where)
    except Failed:
        # What was declared before is tried next, and finds the image as large as it was.
        if tools.file_system_bytes(where) == held.st_size:
            tools.cut(image(), where, held.st_size)
        raise


def _is_ours(source: str) -> bool:
    return files.exists(image()) and tools.device_of(image()) == source


def _shared() -> list[str]:
    device = files.device(HOMES)
    return [
        f"{HOMES} is on the same file system as {path}"
        for path in OF_THE_HOST
        if files.is_directory(path) and files.device(path) == device
    ][:1]


def _set_flags() -> None:
    if any(flag not in tools.options(HOMES) for flag in FLAGS):
        tools.must(f"{HOMES}: it could not be mounted as declared", ["mount", "-o", "remount,nodev,nosuid", HOMES])


def _require_room(more: int) -> None:
    free = files.free_bytes(_directory())
    if free < more + KEPT_FREE:
        raise Refused(
            f"{SETTING}: the disk of {paths.BASE} has {free >> 20} MB free, and homes need {more >> 20} MB more with "
            f"{KEPT_FREE >> 20} MB left over: free some, or declare less; nothing was changed"
        )


def _make(size: int) -> None:
    """The image with all that homes hold; it gets its name once it is complete."""
    files.make_directory(_directory())
    part, place = f"{image()}.part", f"{_directory()}/homes.part"
    held = _bytes_of_homes()
    if held > size * HOMES_SHARE:
        needed = -int(-held / HOMES_SHARE // tools.GROUP_BYTES) * tools.GROUP_BYTES >> 20
        raise Refused(
            f"{SETTING}: found {size >> 20}, allowed: at least {needed}, since {HOMES} holds {held >> 20} MB; nothing "
            f"was changed"
        )
    # Of a run that was killed.
    if tools.source(place) is not None:
        tools.must(f"{place}: it could not be unmounted", ["umount", place])
    files.remove(part)
    _require_room(size)
    files.make_directory(place)
    try:
        tools.reserve(part, size)
        tools.make_file_system(part)
        tools.mount(part, place)
        try:
            _copy_to(place)
        finally:
            tools.must(f"{place}: it could not be unmounted", ["umount", place])
        tools.reserve(part, size)
        files.sync(part)
        files.rename(part, image())
    finally:
        files.remove(part)


def _bytes_of_homes() -> int:
    """What copies of homes take, each file with the rest of its last block and an entry."""
    return sum(found.st_size + tools.BLOCK_BYTES for found in trees.statuses_below(HOMES))


def _copy_to(place: str) -> None:
    files.set_directory(place, (0, 0), _mode_of_homes())
    for name in files.names(HOMES):
        if name == OWN_DIRECTORY:
            continue
        try:
            trees.copy(f"{HOMES}/{name}", f"{place}/{name}")
        except OSError as error:
            raise Failed(
                f"{HOMES}/{name} could not be copied ({error.strerror}): {HOMES} stays as it is; nothing was lost"
            ) from error


def _mode_of_homes() -> int:
    found = files.status(HOMES)
    # Nobody but root makes homes.
    return 0o755 if found is None else found.st_mode & 0o755
