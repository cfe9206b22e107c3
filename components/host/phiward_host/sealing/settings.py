"""What the deploy says to the program that has the journal sealed."""

from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, optional
from phiward_host.journal.settings import Vault

PATH = "/etc/phiward/sealing.json"


@dataclass(frozen=True)
class SealingSettings:
    """The name that the host keeps, whom verification keys are encrypted to, where they go, and how often is sealed."""

    host: str
    recipient: str
    vault: Vault | None
    interval_seconds: int

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(PATH), PATH)
        vault = fields.read("vault", optional(Vault.from_json))
        return cls(fields.text("host"), fields.text("recipient"), vault, fields.integer("intervalSeconds"))
