"""What a manifest says of a database beside its tables: what a restore sets again, and what a dump leaves out."""

from dataclasses import dataclass
from typing import Literal, Self

from phiward_host.common.decode import Fields, as_bool, as_list, as_str, as_strs, list_of, wrong

# How the values of a row are ordered in its checksum; earlier versions took the columns in their order in the table.
ColumnOrder = Literal["name", "position"]


@dataclass(frozen=True)
class Grant:
    """A right on a database itself: whose (empty: PUBLIC's), which, and whether it may be passed on."""

    role: str
    privilege: str
    grantable: bool

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        found = as_list(value, path)
        if len(found) != 3:
            raise wrong(value, path, "[role, privilege, grantable]")
        return cls(as_str(found[0], f"{path}.0"), as_str(found[1], f"{path}.1"), as_bool(found[2], f"{path}.2"))


@dataclass(frozen=True)
class Attributes:
    """See the module. A manifest of an earlier version has none of them."""

    column_order: ColumnOrder = "position"
    # What ALTER DATABASE ... SET has set, each as NAME=VALUE.
    settings: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    # What no dump has, since it is a member of an extension: `table NAME (EXTENSION)`, or another kind of object.
    not_dumped: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            column_order=fields.read("columnOrder", _column_order),
            settings=tuple(fields.read("settings", as_strs)),
            grants=tuple(fields.read("grants", list_of(Grant.from_json))),
            not_dumped=tuple(fields.read("notDumped", as_strs)),
        )

    def to_json(self) -> dict[str, object]:
        return {
            "columnOrder": self.column_order,
            "settings": list(self.settings),
            "grants": [[grant.role, grant.privilege, grant.grantable] for grant in self.grants],
            "notDumped": list(self.not_dumped),
        }


def _column_order(value: object, path: str) -> ColumnOrder:
    if value == "name":
        return "name"
    if value == "position":
        return "position"
    raise wrong(value, path, "name or position")
