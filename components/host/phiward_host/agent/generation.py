"""What was applied last of a unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from phiward_host.common.decode import Fields, as_str, dict_of, optional

# Hash of a generation whose record was damaged: no plan has it, so the unit is applied again.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Generation:
    """What was applied last: the hash of its request, None before the first, and what its plan declared.

    `handed` has the SHA-256 of each file with a secret that travels beside the plan: later requests come without it.
    `digests` has that of every file, by which a change by hand is found later.
    """

    hash: str | None
    files: list[str]
    directories: list[str]
    handed: Mapping[str, str] = field(default_factory=dict[str, str])
    digests: Mapping[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def from_json(value: object, path: str) -> "Generation":
        fields = Fields.of(value, path)
        handed = fields.read_or("handed", dict_of(as_str), {})
        digests = fields.read_or("digests", dict_of(as_str), {})
        return Generation(
            fields.read("hash", optional(as_str)), fields.texts("files"), fields.texts("directories"), handed, digests
        )

    def to_json(self) -> dict[str, object]:
        handed = {"handed": dict(self.handed)} if self.handed else {}
        digests = {"digests": dict(self.digests)} if self.digests else {}
        return {"hash": self.hash, "files": self.files, "directories": self.directories, **handed, **digests}
