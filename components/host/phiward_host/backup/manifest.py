"""The manifest of a run: what was backed up, so that a restore can be compared with it before it counts.

It comes back from where somebody else may have written: each value is bounded in form and size before it is used.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self, TypeVar

from phiward_host.backup.attributes import Attributes
from phiward_host.common import paths
from phiward_host.common.decode import (
    Decoder,
    Fields,
    as_int,
    as_list,
    as_object,
    as_str,
    dict_of,
    list_of,
    optional,
    wrong,
)

T = TypeVar("T")
# Bytes of a manifest, and entries of one list or table in it, that are read at all.
MOST_BYTES, MOST_ENTRIES = 64 << 20, 200_000
# A row count or size as PostgreSQL has it, bigint.
MOST_COUNT = (1 << 63) - 1


def text_of(allowed: str, pattern: str) -> Decoder[str]:
    """A decoder of texts that match a pattern as a whole; `allowed` says it in words."""
    compiled = re.compile(pattern)

    def decode(value: object, path: str) -> str:
        found = as_str(value, path)
        if compiled.fullmatch(found) is None:
            raise wrong(value, path, allowed)
        return found

    return decode


def count(value: object, path: str) -> int:
    """A whole number that is not negative and fits into 64 bits."""
    found = as_int(value, path)
    if not 0 <= found <= MOST_COUNT:
        raise wrong(value, path, "a whole number from 0 to 2^63 - 1")
    return found


def few_of(decode: Decoder[dict[str, T]]) -> Decoder[dict[str, T]]:
    """A decoder of objects with at most MOST_ENTRIES names, each of at most 600 characters."""

    def bounded(value: object, path: str) -> dict[str, T]:
        found = as_object(value, path)
        if len(found) > MOST_ENTRIES or any(len(name) > MOST_NAME for name in found):
            raise wrong(value, path, f"at most {MOST_ENTRIES} entries, with names of at most {MOST_NAME} characters")
        return decode(value, path)

    return bounded


# A qualified name of PostgreSQL has two parts of 63 bytes, each character of which may be doubled, in quotation marks.
MOST_NAME = 600
run_name = text_of("1 to 64 letters, digits and hyphens", r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
_instant = text_of("a time as of RFC 3339, UTC", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_host = text_of("a host's name", r"[a-z0-9][a-z0-9.-]{0,62}")
_version = text_of("a version of PostgreSQL", r"[ !#-&(-~]{1,100}")
_encoding = text_of("an encoding of PostgreSQL", r"[A-Za-z0-9_-]{1,32}")
_locale = text_of("a locale's name", r"[A-Za-z0-9_.@-]{1,64}")
_checksum = text_of("a decimal number", r"-?\d{1,60}")
_path = text_of("an absolute path", r"/[^\0]{0,4095}")
_tree = text_of("64 hexadecimal digits", r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Table:
    """Number of rows, and a checksum of their content that does not depend on their order."""

    rows: int
    checksum: str

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        found = as_list(value, path)
        if len(found) != 2:
            raise wrong(value, path, "[rows, checksum]")
        return cls(count(found[0], f"{path}.0"), _checksum(found[1], f"{path}.1"))


@dataclass(frozen=True)
class DatabaseManifest:
    """One database: its tables by qualified name, and what a new database needs to be like this one."""

    tables: Mapping[str, Table]
    large_objects: int
    bytes: int
    version: str
    encoding: str
    collate: str
    ctype: str
    attributes: Attributes = field(default_factory=Attributes)

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            tables=fields.read("tables", few_of(dict_of(Table.from_json))),
            large_objects=fields.read("largeObjects", count),
            bytes=fields.read("bytes", count),
            version=fields.read("version", _version),
            encoding=fields.read("encoding", _encoding),
            collate=fields.read("collate", _locale),
            ctype=fields.read("ctype", _locale),
            attributes=fields.read_or("attributes", Attributes.from_json, Attributes()),
        )

    def to_json(self) -> dict[str, object]:
        return {
            "tables": {name: [table.rows, table.checksum] for name, table in self.tables.items()},
            "largeObjects": self.large_objects,
            "bytes": self.bytes,
            "version": self.version,
            "encoding": self.encoding,
            "collate": self.collate,
            "ctype": self.ctype,
            "attributes": self.attributes.to_json(),
        }

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())


@dataclass(frozen=True)
class Manifest:
    """One run: databases by `SERVICE/DATABASE`, and what of the files was asked for and saved.

    `trees` has the content address of each part, by which a signature on the manifest is one on all content; it is
    empty in a manifest of an earlier version. `saved` are the paths that the part with the files was made of.
    """

    run: str
    at: str
    host: str
    databases: Mapping[str, DatabaseManifest]
    volumes: Mapping[str, str]
    paths: tuple[str, ...]
    secrets: tuple[str, ...]
    trees: Mapping[str, str]
    saved: tuple[str, ...]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            run=fields.read("run", run_name),
            at=fields.read("at", _instant),
            host=fields.read("host", _host),
            databases=fields.read("databases", few_of(dict_of(DatabaseManifest.from_json))),
            volumes=fields.read("volumes", few_of(dict_of(_path))),
            paths=tuple(fields.read("paths", list_of(_path))),
            secrets=tuple(fields.read_or("secrets", list_of(_path), [])),
            trees=fields.read_or("trees", few_of(dict_of(_tree)), {}),
            saved=tuple(fields.read_or("saved", list_of(_path), [])),
        )

    def to_json(self) -> dict[str, object]:
        return {
            "run": self.run,
            "at": self.at,
            "host": self.host,
            "databases": {name: database.to_json() for name, database in self.databases.items()},
            "volumes": dict(self.volumes),
            "paths": list(self.paths),
            "secrets": list(self.secrets),
            "trees": dict(self.trees),
            "saved": list(self.saved),
        }


@dataclass(frozen=True)
class Sealed:
    """A manifest as it is kept: its text, and the signature on exactly this text; None in an earlier version's."""

    text: str
    signature: str | None

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.text("manifest"), fields.read("signature", optional(as_str)))

    def to_json(self) -> dict[str, object]:
        return {"manifest": self.text, "signature": self.signature}

    def opened(self, path: str) -> Manifest:
        """What the text says. Raises Refused where that is no manifest."""
        try:
            found: object = json.loads(self.text)
        except (ValueError, RecursionError):
            raise wrong(None, path, "a manifest") from None
        return Manifest.from_json(found, path)


def manifest_path() -> str:
    """Where the last run's manifest is on the host; in runs of an earlier version, also among the files."""
    return f"{paths.BASE}/backup/manifest.json"


def differences(expected: DatabaseManifest, found: DatabaseManifest) -> list[str]:
    """How a restored database differs from what was backed up: table names and numbers only, no content."""
    words = [f"table {table}: missing" for table in sorted(expected.tables.keys() - found.tables.keys())]
    words += [
        f"table {table}: not in the backup's manifest" for table in sorted(found.tables.keys() - expected.tables.keys())
    ]
    for table in sorted(expected.tables.keys() & found.tables.keys()):
        wanted, there = expected.tables[table], found.tables[table]
        if wanted.rows != there.rows:
            words.append(f"table {table}: found {there.rows} rows, backed up were {wanted.rows}")
        elif wanted.checksum != there.checksum:
            words.append(f"table {table}: {wanted.rows} rows, but other content than was backed up")
    if expected.large_objects != found.large_objects:
        words.append(f"found {found.large_objects} large objects, backed up were {expected.large_objects}")
    return words
