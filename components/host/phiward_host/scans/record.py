"""What the last look found, as root keeps it: /var/lib/phiward/scans/vulnerabilities.json."""

from dataclasses import asdict, dataclass
from typing import Self

from phiward_host.common import paths, records
from phiward_host.common.decode import Fields, as_float, as_int, dict_of, optional
from phiward_host.common.log import RootLog

LOG = RootLog("scans")
HOST = "host"
# The tracker's words, the gravest first; what it says nothing of is unknown.
SEVERITIES = ("high", "medium", "low", "unknown")


@dataclass(frozen=True)
class Waiting:
    """A package of which a version is there that mends something. `since` is when a look found that first."""

    package: str
    installed: str
    fixed: str
    cves: tuple[str, ...]
    severity: str
    since: float

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            fields.text("package"),
            fields.text("installed"),
            fields.text("fixed"),
            tuple(fields.texts("cves")),
            fields.text("severity"),
            fields.read("since", as_float),
        )


@dataclass(frozen=True)
class Place:
    """The host, or an image: its system, and what of it is known.

    `untold` says why nothing is; else `waiting` has what can be mended, and `unfixed` how many CVEs cannot, by
    severity, None where the tracker's data are not there.
    """

    where: str
    containers: tuple[str, ...]
    system: str
    untold: str
    waiting: tuple[Waiting, ...]
    unfixed: dict[str, int] | None

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            fields.text("where"),
            tuple(fields.texts("containers")),
            fields.text("system"),
            fields.text("untold"),
            tuple(fields.items("waiting", Waiting.from_json)),
            fields.read("unfixed", optional(dict_of(as_int))),
        )


@dataclass(frozen=True)
class Look:
    """When it was, and of when its data are: those of the archive, and those of the tracker, None where not known."""

    at: float
    archive: float | None
    tracker: float | None
    places: tuple[Place, ...]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        when = optional(as_float)
        return cls(
            fields.read("at", as_float),
            fields.read("archive", when),
            fields.read("tracker", when),
            tuple(fields.items("places", Place.from_json)),
        )

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def path() -> str:
    return f"{paths.BASE}/scans/vulnerabilities.json"


def last() -> Look | None:
    """None before the first, and where its record was damaged. Raises OSError."""
    return records.read_or_begin(path(), optional(Look.from_json), None, LOG)


def write(look: Look) -> None:
    records.write_json(path(), look.to_json(), LOG)
