"""Records: the journal, logins, the kernel's audit, and what else writes into /var/log."""

import os
import time

from phiward_host.evidence import reading, tools
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.sink import Sink

JOURNAL_SECONDS, JOURNAL_BYTES = 40.0, 48 << 20
FILE_BYTES, AUDIT_BYTES, MOST_FILES = 4 << 20, 16 << 20, 400
LOGINS = (
    *("/run/utmp", "/var/log/wtmp", "/var/log/btmp", "/var/log/lastlog", "/var/lib/wtmpdb/wtmp.db"),
    *("/var/lib/lastlog/lastlog2.db", "/var/log/faillog"),
)


def file(sink: Sink, name: str, path: str, most: int) -> None:
    """A file as an item of its own: the end of a longer one."""
    # Debian leads the database of logins elsewhere by a link.
    found = reading.status(path, follow=True)
    if found is None:
        return
    sink.item(name, path)
    outcome = "whole" if found.st_size <= most else f"its last {most} bytes of {found.st_size}"
    try:
        for part in reading.parts(path, most, tail=True, follow=True):
            sink.data(part)
    except OSError as error:
        outcome = f"cannot be read: {error.strerror}"
    sink.end(outcome, file=reading.described(path, found))


def name_of(path: str) -> str:
    """What an item of a file is called: letters, digits and hyphens."""
    return (
        "".join(each if each.isascii() and each.isalnum() else "-" for each in path.lower()).strip("-")[-40:].strip("-")
    )


def journal(sink: Sink, asked: Asked) -> None:
    """From the newest entry back, so that what is cut off is the oldest."""
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(asked.since))
    sink.item("journal", f"journalctl --output=export --reverse, from {since} on")
    argv = ("journalctl", "--no-pager", "--quiet", "--output=export", "--reverse", f"--since={since}")
    sink.end(tools.copy(sink, *argv, seconds=JOURNAL_SECONDS, most=JOURNAL_BYTES))


def logins(sink: Sink, _: Asked) -> None:
    """As they are, for last(1), lastb(1) and lastlog2(8) on another machine."""
    for path in LOGINS:
        file(sink, name_of(path), path, FILE_BYTES)


def audit(sink: Sink, _: Asked) -> None:
    """The kernel's records of auditd, the newest file first."""
    paths = [f"/var/log/audit/{name}" for name in reading.names("/var/log/audit")]
    times = {path: found.st_mtime for path in paths if (found := reading.status(path)) is not None}
    for path in sorted(times, key=lambda each: -times[each])[:4]:
        file(sink, name_of(path), path, AUDIT_BYTES)


def others(sink: Sink, asked: Asked) -> None:
    """Texts in /var/log that changed since, each a row with its end."""
    sink.item(
        "logs", f"/var/log without the journal and audit: the last {FILE_BYTES >> 4} bytes of each that changed since"
    )
    count = 0
    skipped = ("/var/log/journal", "/var/log/audit")
    for path, found in reading.walk(["/var/log"], skipped, 50_000):
        if path.startswith(tuple(f"{each}/" for each in skipped)) or not _is_log(path) or found.st_mtime < asked.since:
            continue
        count += 1
        if count > MOST_FILES:
            break
        try:
            text = b"".join(reading.parts(path, FILE_BYTES >> 4, tail=True)).decode("utf-8", "replace")
        except OSError as error:
            text = f"cannot be read: {error.strerror}"
        sink.line(reading.described(path, found) | {"text": text})
    sink.end("whole" if count <= MOST_FILES else f"cut off at {MOST_FILES} files")


def _is_log(path: str) -> bool:
    return os.path.splitext(path)[1] in ("", ".log", ".1", ".txt") and not path.startswith(LOGINS)
