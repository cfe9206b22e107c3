"""What the stack declares for the inventory: /etc/phiward/integrity.json."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.common.errors import Damaged
from phiward_host.integrity.containers import Names
from phiward_host.integrity.finding import DANGEROUS, Finding

PATH = "/etc/phiward/integrity.json"


# Days ahead that an entry may end at most, as of a waiver: one that ends later accepts nothing yet.
LONGEST_DAYS = 180


@dataclass(frozen=True)
class Accepted:
    """What the stack's file accepts until a day: by kind, path or name, and where given the digest of its content."""

    kind: str
    path: str
    digest: str | None
    expires: date

    @staticmethod
    def from_json(value: object, path: str) -> "Accepted":
        fields = Fields.of(value, path)
        expires = fields.read("expires", as_day)
        return Accepted(fields.text("kind"), fields.text("path"), fields.read("sha256", optional(as_str)), expires)

    def covers(self, finding: Finding, today: date) -> bool:
        """Today in UTC. What makes whoever put it there root is never accepted."""
        if finding.kind in DANGEROUS or (finding.kind, finding.path) != (self.kind, self.path):
            return False
        if not today <= self.expires <= today + timedelta(days=LONGEST_DAYS):
            return False
        return self.digest is None or self.digest == finding.digest


def as_day(value: object, path: str) -> date:
    """A day as YYYY-MM-DD. Raises Damaged."""
    text = as_str(value, path)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Damaged(f"{path}: found another text, allowed: a day as YYYY-MM-DD") from None


def today() -> date:
    return datetime.now(UTC).date()


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
