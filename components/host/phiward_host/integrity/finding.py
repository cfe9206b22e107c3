"""What an inventory found that nothing declared accounts for."""

from collections.abc import Iterable
from dataclasses import dataclass

from phiward_host.common.decode import Fields
from phiward_host.common.text import one_line

CHANGED_PACKAGE = "package's file, changed by hand"
CHANGED_DECLARED = "declared file, changed by hand"
DECLARED = "declared file"
CHECK = "check that fails"
UNLOOKED = "look that did not end"
UNSEALED = "baseline that is not the sealed one"
# Nothing of these kinds is ever accepted: each is root for whoever put it there.
DANGEROUS = ("preloaded library", "account with id 0")


@dataclass(frozen=True, order=True)
class Finding:
    """One thing, by its kind and its path or name. `digest` is another one for each change of its content."""

    kind: str
    path: str
    digest: str = ""

    def line(self) -> str:
        """As a person reads it."""
        return one_line(f"{self.kind}: {self.path}")

    @staticmethod
    def from_json(value: object, path: str) -> "Finding":
        fields = Fields.of(value, path)
        return Finding(fields.text("kind"), fields.text("path"), fields.text("digest"))

    def to_json(self) -> dict[str, object]:
        return {"kind": self.kind, "path": self.path, "digest": self.digest}


def each_once(found: Iterable[Finding]) -> list[Finding]:
    """In order, by kind and path."""
    return sorted(set(found))
