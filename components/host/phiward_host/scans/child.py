"""Reading what others made (images, the archive, the tracker): in a child without rights, whose answer is judged."""

import io
import tarfile
from collections.abc import Callable, Mapping, Sequence

from phiward_host.common.account import as_account
from phiward_host.common.errors import Failed
from phiward_host.scans import packages

# The account `nobody`: of no file, and in no group.
NOBODY = 65534
SECONDS, ANSWER_BYTES = 120.0, 16 << 20
# Of an archive of an image.
MOST_MEMBERS, MOST_MEMBER = 5000, 48 << 20
MOST_VALUE = 100


def ask(what: str, work: Callable[[], object]) -> object:
    """What `work` makes of bytes that it holds already. Raises Failed with `what` where it fails, or has no end."""
    try:
        return as_account(NOBODY, NOBODY, work, SECONDS, ANSWER_BYTES)
    except (Failed, OSError) as error:
        raise Failed(f"{what}: it could not be read ({error})") from error


def system(release: bytes) -> dict[str, str]:
    """What an os-release(5) says: the fields by which a release of Debian is known."""
    found: dict[str, str] = {}
    for line in release.decode("utf-8", "replace").split("\n"):
        name, _, value = line.partition("=")
        if name in ("ID", "VERSION_CODENAME", "PRETTY_NAME"):
            found[name] = value.strip().strip("\"'")[:MOST_VALUE]
    return found


def of_host(release: bytes, status: bytes) -> dict[str, object]:
    """The system and the packages of this host."""
    text = status.decode("utf-8", "replace")
    return {"system": system(release), "packages": packages.installed(text)}


def of_image(archives: Mapping[str, bytes]) -> dict[str, object]:
    """The system and the packages of an image, from archives of its files by their paths."""
    releases = [content for path in ("/usr/lib/os-release", "/etc/os-release") for content in _of(archives, path)]
    states = [*_of(archives, "/var/lib/dpkg/status"), *_of(archives, "/var/lib/dpkg/status.d")]
    # Each file of the second ends where it ends.
    text = "\n\n".join(content.decode("utf-8", "replace") for content in states)
    return {"system": system(releases[0] if releases else b""), "packages": packages.installed(text)}


def _of(archives: Mapping[str, bytes], path: str) -> Sequence[bytes]:
    data = archives.get(path)
    return [] if data is None else members(data)


def members(data: bytes) -> list[bytes]:
    """The contents of the regular files of a tar archive; those of links, devices and hashes of files are left out."""
    found: list[bytes] = []
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for _ in range(MOST_MEMBERS):
            member = archive.next()
            if member is None:
                break
            if member.isreg() and member.size <= MOST_MEMBER and not member.name.endswith(".md5sums"):
                file = archive.extractfile(member)
                found.append(b"" if file is None else file.read(MOST_MEMBER))
    return found
