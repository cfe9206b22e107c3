"""A record of the journal as a message of syslog (RFC 5424), with its length before it (RFC 5425, 4.3)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

# What every receiver should take (RFC 5425, 4.3.1); the whole record is where it was read.
MOST_BYTES = 8192
# Of RFC 5424, 6.2.1: what the kernel says, daemons, and the log of audit.
KERNEL, DAEMON, AUDIT = 0, 3, 13
INFORMATIONAL = 6
# The number that RFC 5612 has for examples: phiward has none of its own.
ELEMENT = "journal@32473"
# Of the journal's fields those by which someone is found, under the names that they have in the element.
PARAMETERS = {
    "transport": "_TRANSPORT",
    "unit": "_SYSTEMD_UNIT",
    "uid": "_UID",
    "loginuid": "_AUDIT_LOGINUID",
    "command": "_COMM",
    "container": "CONTAINER_NAME",
    "act": "PHIWARD_ACT",
    "who": "PHIWARD_WHO",
    "from": "PHIWARD_FROM",
}
FIELDS = (
    *("MESSAGE", "PRIORITY", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "_PID"),
    *PARAMETERS.values(),
)
MOST_NUMBER = 2_147_483_647
MOST_PARAMETER = 256
# In place of a message that is in the journal alone.
TOO_LONG = "(a message that could not be read here; the journal has it)"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def framed(host: str, record: Mapping[str, object], message: str, number: int) -> bytes:
    """The message with its length. `host` is by whose account the record came, and not what the record says itself."""
    head = " ".join(
        [
            f"<{_facility(record) * 8 + _severity(record)}>1",
            timestamp(int(_text(record, "__REALTIME_TIMESTAMP") or "0")),
            _name(host, 255),
            _name(_text(record, "SYSLOG_IDENTIFIER") or _text(record, "_COMM") or "-", 48),
            _name(_text(record, "SYSLOG_PID") or _text(record, "_PID") or "-", 128),
            "-",
            f'[meta sequenceId="{(number - 1) % MOST_NUMBER + 1}"]',
        ]
    )
    body = escaped(message).encode()
    room = MOST_BYTES - len(f"{head}{_element(record, is_cut=True)} ".encode())
    start = f"{head}{_element(record, is_cut=len(body) > room or message == TOO_LONG)} ".encode()
    data = start + body[: max(0, room)].decode("utf-8", "ignore").encode()
    return f"{len(data)} ".encode() + data


def timestamp(microseconds: int) -> str:
    """Of RFC 3339, in UTC."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06d}Z"


def message_of(record: Mapping[str, object]) -> str | None:
    """The text of a record; None where journalctl(1) leaves it out for its length."""
    return _text(record, "MESSAGE") if record.get("MESSAGE", "") is not None else None


def escaped(text: str) -> str:
    """Without control characters, each in octal as rsyslog writes it: a line in a message begins no line of a file."""
    return CONTROL.sub(lambda found: f"#{ord(found[0]):03o}", text)


def _facility(record: Mapping[str, object]) -> int:
    transport = _text(record, "_TRANSPORT")
    if transport == "audit":
        return AUDIT
    return _number(record, "SYSLOG_FACILITY", 23, KERNEL if transport == "kernel" else DAEMON)


def _severity(record: Mapping[str, object]) -> int:
    return _number(record, "PRIORITY", 7, INFORMATIONAL)


def _number(record: Mapping[str, object], field: str, most: int, otherwise: int) -> int:
    found = _text(record, field)
    return int(found) if re.fullmatch(r"[0-9]{1,2}", found) and int(found) <= most else otherwise


def _name(text: str, most: int) -> str:
    """Of printable ASCII without spaces, as the header's fields are."""
    return re.sub(r"[^!-~]", "_", text)[:most] or "-"


def _element(record: Mapping[str, object], *, is_cut: bool) -> str:
    """Who wrote the record, by what it is found again, and whether its message or a value here was cut."""
    values = {name: _text(record, field) for name, field in PARAMETERS.items()}
    _, _, place = _text(record, "__CURSOR").partition(";b=")
    if place:
        values["cursor"] = f"b={place}"
    if is_cut or any(len(escaped(text)) > MOST_PARAMETER for text in values.values()):
        values["cut"] = "yes"
    shown = [f'{name}="{_value(text)}"' for name, text in values.items() if text != ""]
    return f"[{' '.join([ELEMENT, *shown])}]"


def _value(text: str) -> str:
    return re.sub(r'(["\\\]])', r"\\\1", escaped(text)[:MOST_PARAMETER])


def _text(record: Mapping[str, object], field: str) -> str:
    """A field as text: journalctl(1) has bytes as numbers, and a list where a field is there more than once."""
    value = record.get(field)
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return _of_list(cast("list[object]", value))
    return ""


def _of_list(values: Sequence[object]) -> str:
    first = values[0] if values else ""
    if isinstance(first, str):
        return first
    numbers = cast("list[object]", first) if isinstance(first, list) else values
    return bytes(number for number in numbers if isinstance(number, int) and 0 <= number < 256).decode(
        "utf-8", "replace"
    )
