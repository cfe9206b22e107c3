"""One entry of a journal, as `journalctl --output=json` prints it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from phiward_host.common.decode import as_object
from phiward_host.common.errors import Refused

# By which all that containers print comes.
ENGINE_UNIT = "docker.service"
# What readers look at. A field that is larger than 4096 bytes is null, since journalctl is not asked for all of it.
FIELDS: Sequence[str] = (
    *(
        "MESSAGE",
        "MESSAGE_ID",
        "SYSLOG_IDENTIFIER",
        "UNIT",
        "JOB_RESULT",
        "JOB_TYPE",
        "CONTAINER_NAME",
        "CONTAINER_ID",
        "CONTAINER_PARTIAL_ID",
    ),
    "PHIWARD_SERVICE",
    *("PHIWARD_ACT", "PHIWARD_WHO", "PHIWARD_FROM", "PHIWARD_WHAT", "PHIWARD_OUTCOME", "PHIWARD_REQUEST"),
    *("PHIWARD_COMMIT", "PHIWARD_GENERATION"),
    *("_UID", "_PID", "_EXE", "_TRANSPORT", "_BOOT_ID", "_SYSTEMD_UNIT"),
    *("_AUDIT_TYPE", "_AUDIT_ID", "_AUDIT_SESSION", "_AUDIT_LOGINUID"),
)


@dataclass(frozen=True)
class Entry:
    """Its host is the one whose file it is in: what an entry says of that is a claim."""

    host: str
    time: int
    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        """A field; nothing where it is missing, there more than once, or no text."""
        return self.fields.get(name, "")

    @property
    def is_containers(self) -> bool:
        """Whether it may be what a container printed, whatever it looks like.

        The engine sends that with its own number, root's, and by an identifier that a container's settings may name.
        """
        named = any(name in self.fields for name in ("CONTAINER_NAME", "CONTAINER_ID"))
        return named or self.text("_SYSTEMD_UNIT") == ENGINE_UNIT

    @property
    def is_roots(self) -> bool:
        """Whether a program of root wrote it, and none in a container: the kernel says so, and journald adds it."""
        return self.text("_UID") == "0" and not self.is_containers

    @property
    def boot(self) -> str:
        return self.text("_BOOT_ID")


def read_entry(host: str, line: bytes) -> Entry | None:
    """An entry of a line; None for what is none, such as half a line of a journalctl that was ended."""
    try:
        found = as_object(json.loads(line), "entry")
        return entry_of(host, found)
    except (ValueError, KeyError, RecursionError, Refused):
        return None


def entry_of(host: str, found: Mapping[str, object]) -> Entry:
    """An entry of a record's fields. Raises KeyError or ValueError where it has no time."""
    texts = {name: _text(value) for name, value in found.items()}
    fields = {name: value for name, value in texts.items() if value is not None}
    return Entry(host, int(str(found["__REALTIME_TIMESTAMP"])), fields)


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    # Bytes that are not printable UTF-8 come as numbers; several values of one field as texts.
    if isinstance(value, list):
        parts = cast("list[object]", value)
        if all(isinstance(part, int) and 0 <= part < 256 for part in parts):
            return bytes(cast("list[int]", parts)).decode("utf-8", "replace")
    return None
