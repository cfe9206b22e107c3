"""What the deploy says to what shows how the hosts are: which ones, what is asked of each, and what is to be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_str, as_strs, dict_of

PATH = "/etc/phiward/monitor/look.json"


@dataclass(frozen=True)
class Figure:
    """One number of each host: a question in Prometheus' language, whose answer has the label `instance`.

    `form` says what it is: `count`, `percent`, `since` and `until` (seconds since 1970), or `flag`. `alerts` are those
    by which it is known to be wrong.
    """

    name: str
    title: str
    query: str
    form: str
    alerts: frozenset[str]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        alerts = frozenset(fields.read("alerts", as_strs))
        return cls(fields.text("name"), fields.text("title"), fields.text("query"), fields.text("form"), alerts)


@dataclass(frozen=True)
class LookSettings:
    """`vault` is the host that this is; `hosts` has each one's present name by the one that it keeps."""

    vault: str
    hosts: Mapping[str, str]
    figures: tuple[Figure, ...]
    undelivered: str
    commands: Mapping[str, str]

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(PATH), PATH)
        return cls(
            vault=fields.text("vault"),
            hosts=fields.read("hosts", dict_of(as_str)),
            figures=tuple(fields.items("figures", Figure.from_json)),
            undelivered=fields.text("undelivered"),
            commands=fields.read("commands", dict_of(as_str)),
        )
