"""What /etc/phiward/vault.json says; the deploy writes it."""

from dataclasses import dataclass
from typing import Self

from phiward_host.backup.settings import Keep
from phiward_host.common import files
from phiward_host.common.decode import Fields

PATH = "/etc/phiward/vault.json"


@dataclass(frozen=True)
class VaultSettings:
    """The hosts that bring backups, their retention, and after how many seconds without a new one that is a failure."""

    hosts: tuple[str, ...]
    keep: Keep
    limit: int

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(tuple(fields.texts("hosts")), fields.read("keep", Keep.from_json), fields.integer("limit"))


def load() -> VaultSettings:
    """Reads the settings. Raises Refused where the file is missing or not of this form."""
    return VaultSettings.from_json(files.read_json(PATH), PATH)
