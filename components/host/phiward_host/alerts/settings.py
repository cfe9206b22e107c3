"""What /etc/phiward/alert.json says; the deploy writes it."""

from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_str, optional

PATH = "/etc/phiward/alert.json"


@dataclass(frozen=True)
class Mail:
    """Recipient, sender, and the server that takes the mail."""

    to: str
    sender: str
    server: str
    port: int

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.text("to"), fields.text("from"), fields.text("server"), fields.integer("port"))


@dataclass(frozen=True)
class AlertSettings:
    """Who is alerted when a job of this host fails; with neither, failures are in the journal only."""

    host: str
    webhook: str | None
    mail: Mail | None

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(
            host=fields.text("host"),
            webhook=fields.read_or("webhook", optional(as_str), None) or None,
            mail=fields.read_or("mail", optional(Mail.from_json), None),
        )


def load() -> AlertSettings:
    """Reads the settings. Raises Refused where the file is missing or not of this form."""
    return AlertSettings.from_json(files.read_json(PATH), PATH)
