"""What the deploy says to the programs of isolation."""

from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, optional
from phiward_host.journal.settings import Vault

PATH = "/etc/phiward/isolation.json"


@dataclass(frozen=True)
class IsolationSettings:
    """The name that this host keeps; its vault, None where it has none; networks that are never blocked."""

    host: str
    vault: Vault | None
    kept: tuple[str, ...] = ()

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(PATH), PATH)
        return cls(fields.text("host"), fields.read("vault", optional(Vault.from_json)), tuple(fields.texts("kept")))
