"""What the stack declares for the inventory: /etc/phiward/integrity.json."""

from dataclasses import dataclass

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.integrity.containers import Names
from phiward_host.integrity.finding import DANGEROUS, Finding

PATH = "/etc/phiward/integrity.json"


@dataclass(frozen=True)
class Accepted:
    """What the stack's file accepts: by its path or name, and where given by the digest of its content."""

    path: str
    digest: str | None

    @staticmethod
    def from_json(value: object, path: str) -> "Accepted":
        fields = Fields.of(value, path)
        return Accepted(fields.text("path"), fields.read("sha256", optional(as_str)))

    def covers(self, finding: Finding) -> bool:
        if finding.kind in DANGEROUS or finding.path != self.path:
            return False
        return self.digest is None or self.digest == finding.digest


@dataclass(frozen=True)
class Settings:
    """`seal` is the SHA-256 of the baseline that the stack's file holds, None where it holds none."""

    people: list[str]
    with_password: list[str]
    listeners: list[str]
    names: Names
    accepted: list[Accepted]
    seal: str | None

    @staticmethod
    def from_json(value: object, path: str) -> "Settings":
        fields = Fields.of(value, path)
        names = Names(fields.texts("containers"), fields.texts("networks"), fields.texts("volumes"))
        return Settings(
            fields.texts("people"),
            fields.texts("withPassword"),
            fields.texts("listeners"),
            names,
            fields.items("accepted", Accepted.from_json),
            fields.read("seal", optional(as_str)),
        )


def settings() -> Settings:
    """Raises Damaged, Refused."""
    return Settings.from_json(files.read_json(PATH), PATH)
