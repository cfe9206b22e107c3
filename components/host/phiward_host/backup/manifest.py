"""The manifest of a run: what was backed up, so that a restore can be compared with it before it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from phiward_host.backup.attributes import Attributes
from phiward_host.common import paths
from phiward_host.common.decode import Fields, as_int, as_list, as_str, as_strs, dict_of, wrong


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
        return cls(as_int(found[0], f"{path}.0"), as_str(found[1], f"{path}.1"))


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
            tables=fields.read("tables", dict_of(Table.from_json)),
            large_objects=fields.integer("largeObjects"),
            bytes=fields.integer("bytes"),
            version=fields.text("version"),
            encoding=fields.text("encoding"),
            collate=fields.text("collate"),
            ctype=fields.text("ctype"),
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
    """One run: databases by `SERVICE/DATABASE`, volumes by name with where Docker keeps them, and paths."""

    run: str
    at: str
    host: str
    databases: Mapping[str, DatabaseManifest]
    volumes: Mapping[str, str]
    paths: tuple[str, ...]
    secrets: tuple[str, ...]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            run=fields.text("run"),
            at=fields.text("at"),
            host=fields.text("host"),
            databases=fields.read("databases", dict_of(DatabaseManifest.from_json)),
            volumes=fields.read("volumes", dict_of(as_str)),
            paths=tuple(fields.texts("paths")),
            secrets=tuple(fields.read_or("secrets", as_strs, [])),
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
        }


def manifest_path() -> str:
    """Where the manifest is on the host, and in the snapshot of the files."""
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
