"""What is known of each rule from one run to the next: counts and times, nothing of any row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Self

from phiward_host.common import paths, records
from phiward_host.common.decode import Fields, as_float, as_int, as_str, dict_of, optional
from phiward_host.common.log import RootLog

LOG = RootLog("retention")


@dataclass(frozen=True)
class Known:
    """Of one rule, as it is declared now (`digest`). Times are in seconds since 1970."""

    digest: str
    # When a run met it first.
    since: float
    # The last count: when, of how many rows that are due, and how many that are held.
    counted: float | None = None
    due: int = 0
    held: int = 0
    approved: float | None = None
    approved_by: str = ""
    # The last run that ended rows, or found none: when, and how many.
    last: float | None = None
    rows: int = 0
    # When no row was left that was due.
    finished: float | None = None

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        times = {name: fields.read(name, optional(as_float)) for name in ("counted", "approved", "last", "finished")}
        numbers = {name: fields.read(name, as_int) for name in ("due", "held", "rows")}
        return cls(
            digest=fields.text("digest"),
            since=fields.read("since", as_float),
            approved_by=fields.read("approved_by", as_str),
            **times,
            **numbers,
        )

    def but(self, **changes: float | str | None) -> "Known":
        """The same with other values."""
        return replace(self, **changes)  # pyright: ignore[reportArgumentType]


def load() -> dict[str, Known]:
    """What is known, by the rules' names; a damaged record is set aside, and approvals are given again."""
    return records.read_or_begin(_path(), dict_of(Known.from_json), {}, LOG)


def save(known: Mapping[str, Known]) -> None:
    """Replaces what is known."""
    records.write_json(_path(), {name: asdict(each) for name, each in known.items()}, LOG)


def _path() -> str:
    return f"{paths.BASE}/retention/record.json"
