"""Lists of packages, as dpkg(1) and apt have them: paragraphs of fields (deb822(5)), of which a few are taken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from phiward_host.common.decode import as_strs
from phiward_host.common.errors import Refused

# As deb-version(7) and Debian's policy have them: neither becomes an option of a command.
NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{0,99}")
VERSION = re.compile(r"[0-9][A-Za-z0-9.+~:-]{0,99}")
# A package's source, whose version is named where it is another one.
SOURCE = re.compile(rf"({NAME.pattern})(?: \(({VERSION.pattern})\))?")
FIELDS = ("Package", "Version", "Source", "Status")
# A large desktop has 4000.
MOST_PACKAGES = 20_000


@dataclass(frozen=True)
class Package:
    """One that is installed, with the source that it was built of."""

    name: str
    version: str
    source: str
    source_version: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        """Raises Refused for any that is not of Debian's form."""
        texts = as_strs(value, path)
        if len(texts) != 4 or not all(map(_is_form, texts, (NAME, VERSION, NAME, VERSION))):
            raise Refused(f"{path}: found another form, allowed: a name and a version, of a package and of its source")
        return cls(*texts)


def _is_form(text: str, form: re.Pattern[str]) -> bool:
    return form.fullmatch(text) is not None


def installed(text: str) -> list[list[str]]:
    """The packages that a status of dpkg has as installed, as JSON has them. What is of another form is left out."""
    return [row for fields in paragraphs(text) if (row := _row(fields)) is not None]


def _row(fields: dict[str, str]) -> list[str] | None:
    # Images without dpkg have the same paragraphs, one a file, and no state.
    if not fields.get("Status", "install ok installed").endswith(" installed"):
        return None
    name, version = fields.get("Package", ""), fields.get("Version", "")
    source = SOURCE.fullmatch(fields.get("Source", name))
    if source is None or not _is_form(name, NAME) or not _is_form(version, VERSION):
        return None
    return [name, version, source[1], source[2] or version]


def offered(text: str) -> list[list[str]]:
    """Name and version of each package that a list of apt offers."""
    rows = [[fields.get("Package", ""), fields.get("Version", "")] for fields in paragraphs(text)]
    return [row for row in rows if _is_form(row[0], NAME) and _is_form(row[1], VERSION)]


def paragraphs(text: str) -> Iterator[dict[str, str]]:
    """The few fields of each paragraph that are looked at; at most MOST_PACKAGES of them."""
    count = 0
    fields: dict[str, str] = {}
    for line in text.split("\n"):
        if line == "":
            if fields:
                yield fields
                count += 1
            if count >= MOST_PACKAGES:
                return
            fields = {}
        elif not line.startswith((" ", "\t")):
            name, _, value = line.partition(":")
            if name in FIELDS:
                fields[name] = value.strip()
    if fields:
        yield fields
