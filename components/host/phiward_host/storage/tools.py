"""Tools of the system that make, mount and measure a file system that is an image on another one."""

from collections.abc import Sequence

from phiward_host.common import process
from phiward_host.common.log import RootLog

LOG = RootLog("storage")
# An image of terabytes is written nowhere as a whole.
SECONDS = 1800
# Of ext4: in a file system of whole groups of blocks, no part of the image is left over.
BLOCK_BYTES = 4096
GROUP_BYTES = 128 << 20


def must(what: str, argv: Sequence[str]) -> str:
    """What a tool prints. Raises Failed, `what` first; its own words go to the log."""
    return process.must(what, argv, LOG, timeout=SECONDS)


def reserve(image: str, size: int) -> None:
    """Gives a file all of its bytes on the disk, those that it has not written yet as well; makes it if needed."""
    must("homes: no room could be reserved", ["fallocate", f"--length={size}", image])


def make_file_system(image: str) -> None:
    """A new ext4 file system, for root alone to begin with, that hands none of its reserved bytes back to the disk."""
    must(
        "homes: no file system could be made",
        [
            "mkfs.ext4",
            "-q",
            "-F",
            "-b",
            str(BLOCK_BYTES),
            "-m",
            "0",
            "-E",
            "nodiscard,lazy_itable_init=0,lazy_journal_init=0",
            image,
        ],
    )


def mount(image: str, directory: str) -> None:
    """Mounts an image, repaired first as after a power cut: what is in it is no device and gives no other rights."""
    # Exits with 1 where it repaired something. What it cannot repair by itself mount(8) judges.
    process.logged(["e2fsck", "-p", image], LOG, timeout=SECONDS)
    must(
        f"{directory}: its image could not be mounted",
        ["mount", "-t", "ext4", "-o", "loop,nodev,nosuid,X-fstrim.notrim", image, directory],
    )


def source(directory: str) -> str | None:
    """What is mounted at a directory, such as a device; None where nothing is."""
    return _mounted(directory, "SOURCE")


def options(directory: str) -> Sequence[str]:
    """Flags of the mount at a directory, such as `nosuid`."""
    return (_mounted(directory, "VFS-OPTIONS") or "").split(",")


def _mounted(directory: str, column: str) -> str | None:
    argv = ["findmnt", "--noheadings", "--raw", "--first-only", f"--output={column}", f"--mountpoint={directory}"]
    done = process.run(argv)
    # findmnt exits with 1, without a word, where nothing is mounted.
    if done.code == 1 and done.stdout == "":
        return None
    return must(f"{directory}: what is mounted there could not be found", argv).strip()


def device_of(image: str) -> str | None:
    """The loop device that an image is attached to, if any."""
    found = must(
        "homes: the loop devices could not be listed",
        ["losetup", "--noheadings", "--output=NAME", f"--associated={image}"],
    ).split()
    return found[0] if found else None


def file_system_bytes(where: str) -> int:
    """Size of the ext4 file system on a device or in an image, asked of its superblock."""
    rows = must("homes: the file system could not be read", ["dumpe2fs", "-h", where]).splitlines()
    values = dict(row.split(":", 1) for row in rows if ":" in row)
    return int(values["Block count"]) * int(values["Block size"])


def grow(where: str) -> None:
    """Gives a file system all of its image, which has grown: on its device, while it is used, or in the image."""
    if _is_device(where):
        _take_size(where)
    else:
        # Asked for by resize2fs. Exits with 1 where it repaired something.
        process.logged(["e2fsck", "-f", "-p", where], LOG, timeout=SECONDS)
    must("homes: the file system did not grow", ["resize2fs", where])


def cut(image: str, where: str, size: int) -> None:
    """Gives back what `reserve` added and no file system has taken."""
    must("homes: the image did not get its size back", ["truncate", f"--size={size}", image])
    if _is_device(where):
        _take_size(where)


def _is_device(where: str) -> bool:
    return where.startswith("/dev/")


def _take_size(device: str) -> None:
    must("homes: the loop device did not take its new size", ["losetup", f"--set-capacity={device}"])
