"""What was applied last of a unit."""

from dataclasses import dataclass

from phiward_host.common.decode import Fields, as_str, optional

# Hash of a generation whose record was damaged: no plan has it, so the unit is applied again.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Generation:
    """What was applied last: the hash of its request, None before the first, and what its plan declared."""

    hash: str | None
    files: list[str]
    directories: list[str]

    @staticmethod
    def from_json(value: object, path: str) -> "Generation":
        fields = Fields.of(value, path)
        return Generation(fields.read("hash", optional(as_str)), fields.texts("files"), fields.texts("directories"))

    def to_json(self) -> dict[str, object]:
        return {"hash": self.hash, "files": self.files, "directories": self.directories}
