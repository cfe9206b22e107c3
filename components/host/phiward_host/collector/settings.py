"""What the deploy says to the sender of the copy, and where it keeps how far it came."""

from dataclasses import dataclass
from typing import Self

from phiward_host.common import files
from phiward_host.common.decode import Fields

PATH = "/etc/phiward/collector.json"
CA = "/etc/phiward/collector/ca.pem"
CHAIN = "/etc/phiward/collector/chain.pem"
KEY = "/etc/phiward/collector/key.pem"
# The sender cannot read the key's file: systemd hands it a copy (systemd.exec(5), LoadCredential=).
UNIT = "phiward-collector.service"
CREDENTIAL = f"/run/credentials/{UNIT}/key.pem"
# Its account exists while it runs; systemd keeps what it writes beneath, and leads the first path there.
STATE = "/var/lib/phiward-collector/state.json"
STATE_TOP, STATE_BENEATH = "/var/lib/private", "phiward-collector/state.json"


@dataclass(frozen=True)
class CollectorSettings:
    """Where the collector answers, the name in its certificate, and whose records go there.

    `host` is the machine's own lasting name, `senders` are those of the hosts whose records it keeps. After `late`
    seconds without the newest record an alert is due.
    """

    address: str
    port: int
    name: str
    host: str
    senders: tuple[str, ...]
    late: int
    has_certificate: bool

    @classmethod
    def load(cls) -> Self:
        """Raises Refused where the file is missing or not of this form."""
        fields = Fields.of(files.read_json(PATH), PATH)
        return cls(
            fields.text("address"),
            fields.integer("port"),
            fields.text("name"),
            fields.text("host"),
            tuple(fields.texts("senders")),
            fields.integer("lateSeconds"),
            fields.flag("hasCertificate"),
        )
