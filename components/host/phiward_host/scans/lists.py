"""What Debian's security archive offers, by the lists that apt has already: nothing is asked of a network."""

import contextlib
import email.utils
import os
import re
from dataclasses import dataclass

from phiward_host.common import files, process
from phiward_host.common.decode import Fields, as_strs, list_of
from phiward_host.common.errors import Failed
from phiward_host.scans import child
from phiward_host.scans.packages import NAME, VERSION, offered

LISTS = "/var/lib/apt/lists"
TARGETS = ["apt-get", "indextargets", "--format", "$(CODENAME) $(FILENAME)", "Created-By: Packages"]
SECURITY = "Label: Debian-Security"
CODENAME = re.compile(r"[a-z]{2,30}")
DATE = re.compile(r"^Date: (.{1,60})$", re.MULTILINE)


@dataclass(frozen=True)
class Offered:
    """The versions of each package in the security archive of one release; `at` is when the archive said so."""

    versions: dict[str, list[str]]
    at: float | None


def security() -> dict[str, Offered]:
    """By the code name of the release. Raises Failed where apt does not answer."""
    done = process.run([*TARGETS, SECURITY])
    if done.code != 0:
        raise Failed(f"the security archive: {process.ended('apt-get', done.code, done.stderr)}")
    found: dict[str, Offered] = {}
    for line in done.stdout.splitlines():
        suite, _, path = line.partition(" ")
        codename = suite.partition("-")[0]
        if CODENAME.fullmatch(codename) is None or os.path.dirname(path) != LISTS:
            continue
        before = found.get(codename, Offered({}, None))
        versions = {**before.versions}
        for name, version in _read(path):
            versions[name] = [*versions.get(name, []), version]
        found[codename] = Offered(versions, before.at or _date(path))
    return found


def _read(path: str) -> list[list[str]]:
    # apt keeps them packed in one of several ways.
    done = process.run(["/usr/lib/apt/apt-helper", "cat-file", path])
    if done.code != 0:
        raise Failed(f"the security archive: {process.ended('apt-helper', done.code, done.stderr)}")
    text = done.stdout
    rows = Fields.of(child.ask("the security archive", lambda: {"rows": offered(text)}), "lists")
    found = rows.read("rows", list_of(as_strs))
    return [row for row in found if len(row) == 2 and NAME.fullmatch(row[0]) and VERSION.fullmatch(row[1])]


def _date(path: str) -> float | None:
    """When the archive signed the list that this one belongs to."""
    release = f"{path.rpartition('_main_binary-')[0]}_InRelease"
    said = DATE.search(files.read_text_if_any(release) or "")
    with contextlib.suppress(ValueError, OverflowError):
        return None if said is None else email.utils.parsedate_to_datetime(said[1]).timestamp()
    return None
