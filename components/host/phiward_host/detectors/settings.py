"""What the deploy says to the detectors, and where they keep how far they came."""

from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_object, dict_of

PATH = "/etc/phiward/detectors.json"
# Its account exists while it runs; systemd keeps what it writes beneath.
STATE = "/var/lib/phiward-detectors/state.json"
LEARNED = "/var/lib/phiward-detectors/learned.json"


@dataclass(frozen=True)
class Threshold:
    """An event is counted at each `count` occurrences of one kind, by one key, within `seconds`."""

    count: int
    seconds: int

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(as_object(value, path), path)
        return cls(fields.integer("count"), fields.integer("seconds"))


@dataclass(frozen=True)
class DetectorSettings:
    """This machine's own lasting name, those of the hosts whose records it keeps, and the thresholds by event.

    `people` may log in, `networks` are administrators'.
    """

    host: str
    senders: tuple[str, ...]
    break_glass: str
    thresholds: dict[str, Threshold]
    people: frozenset[str] = frozenset()
    networks: tuple[str, ...] = ()

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(PATH), PATH)
        return cls(
            fields.text("host"),
            tuple(fields.texts("senders")),
            fields.text("breakGlass"),
            fields.read("thresholds", dict_of(Threshold.from_json)),
            frozenset(fields.texts("people")),
            tuple(fields.texts("networks")),
        )
