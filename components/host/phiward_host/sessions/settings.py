"""What the deploy says to the program that seals recorded sessions."""

from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, optional
from phiward_host.journal.settings import Vault

PATH = "/etc/phiward/sessions.json"


@dataclass(frozen=True)
class SessionsSettings:
    """The name that the host keeps, the incident key's public half, and where sealed sessions go.

    Without a vault they stay on the host for so many days.
    """

    host: str
    recipient: str
    vault: Vault | None
    days: int

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(PATH), PATH)
        vault = fields.read("vault", optional(Vault.from_json))
        return cls(fields.text("host"), fields.text("recipient"), vault, fields.integer("days"))
