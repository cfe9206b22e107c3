"""Alerts that wait on disk until they went by every channel.

Delivery is at least once: where the disk takes no record of what went, it is sent again. What waits is limited in
number and age; what was dropped is told in an alert of its own.
"""

import json
import re
import syslog
import time
from collections.abc import Mapping, Sequence

from phiward_host.alerts.delivery import Alert, deliver
from phiward_host.alerts.settings import AlertSettings
from phiward_host.common import files, lock, paths
from phiward_host.common.aside import make_directory, make_way
from phiward_host.common.decode import Fields, as_str, dict_of
from phiward_host.common.errors import Failed

# The oldest of more than this many, the tale of what was dropped among them, are dropped.
MOST = 200
KEPT_SECONDS = 7 * 86400
WAITING, SENDING = ".json", ".sending"
# An alert belongs to the program that raised it for this long; then that program has ended without its leave.
SENDING_SECONDS = 900
# No try begins later after the start of a flush; its unit has ten minutes.
FLUSH_SECONDS = 300
DROPPED = f"dropped{WAITING}"
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ-")


def directory() -> str:
    return f"{paths.BASE}/alerts"


def stamp(seconds: float) -> str:
    """A time (seconds since 1970) as messages and names have it: UTC, and in the order of text."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def keep(name: str, alert: Alert, suffix: str = WAITING) -> bool:
    """Puts an alert on disk, or says in the journal that the disk does not take it. Returns whether it is there."""
    path = f"{directory()}/{name}{suffix}"
    try:
        make_directory(directory())
        files.write_json(path, {"message": dict(alert.message), "sent": sorted(alert.sent)})
    except OSError as error:
        syslog.syslog(syslog.LOG_ERR, f"an alert could not be kept on disk: {error.strerror}")
        return False
    return True


def settle(name: str, alert: Alert, settings: AlertSettings) -> bool:
    """Records how the sending of a new alert went: forgets it, or has it wait. Returns whether it went everywhere."""
    done = alert.is_done(settings)
    if done or keep(name, alert):
        _forget(f"{name}{SENDING}")
    try:
        _drop(settings)
    except OSError as error:
        _unreadable(error)
    return done


def flush(settings: AlertSettings, pauses: Sequence[float]) -> bool:
    """Sends what waits, newest first, after each pause (seconds) until all is sent. Returns whether nothing waits."""
    try:
        make_directory(directory())
        with lock.hold_directory(directory()):
            return _flush(settings, pauses)
    except OSError as error:
        _unreadable(error)
        return False


def waiting() -> list[Mapping[str, str]]:
    """The messages that wait, newest first: none where nothing ever had to. Raises OSError."""
    try:
        found = [_read(name) for name in _waiting()]
    except FileNotFoundError:
        return []
    return [alert.message for alert in found if alert is not None]


def _flush(settings: AlertSettings, pauses: Sequence[float]) -> bool:
    _drop(settings)
    found = {name: _read(name) for name in _waiting()}
    alerts = {name: alert for name, alert in found.items() if alert is not None}
    before = {name: set(alert.sent) for name, alert in alerts.items()}
    deliver(settings, list(alerts.values()), pauses, FLUSH_SECONDS)
    for name, alert in alerts.items():
        if alert.is_done(settings):
            _forget(name)
        elif name.endswith(SENDING):
            settle(name.removesuffix(SENDING), alert, settings)
        elif alert.sent != before[name]:
            keep(name.removesuffix(WAITING), alert)
    return not any(name.endswith(WAITING) for name in files.names(directory()))


def _waiting() -> list[str]:
    """Names of what waits, newest first; the tale of what was dropped before all others."""
    names = [name for name in files.names(directory()) if name.endswith(WAITING) or _is_left(name)]
    return sorted(names, key=lambda name: (name == DROPPED, name), reverse=True)


def _is_left(name: str) -> bool:
    """Whether the program that was to send this alert has ended without its leave."""
    if not name.endswith(SENDING):
        return False
    found = files.status(f"{directory()}/{name}")
    # None: it is settled just now.
    return found is not None and abs(time.time() - found.st_mtime) > SENDING_SECONDS


def _drop(settings: AlertSettings) -> None:
    """Drops what is too old, too much or not readable, and has an alert wait that says how many."""
    names = [name for name in _waiting() if name != DROPPED]
    limit = stamp(time.time() - KEPT_SECONDS)
    good = [name for name in names if _read(name) is not None and not (_STAMP.match(name) and name < limit)]
    kept = good[: MOST - 1]
    gone = [name for name in names if name not in kept]
    if not gone:
        return
    former = _read(DROPPED)
    count = len(gone) + _number(former.message if former is not None else {})
    message = {
        "host": settings.host,
        "unit": "phiward-alerts.service",
        "result": "alerts that could not be sent were dropped; the journal has them",
        "dropped": str(count),
        "time": stamp(time.time()),
    }
    syslog.syslog(syslog.LOG_ERR, f"dropped: {json.dumps(message)}")
    # In place of at least one that goes, so that there is room for it.
    _forget(gone[0])
    if keep(DROPPED.removesuffix(WAITING), Alert(message)):
        for name in gone[1:]:
            _forget(name)


def _number(message: Mapping[str, str]) -> int:
    text = message.get("dropped", "0")
    return int(text) if text.isdecimal() else 0


def _read(name: str) -> Alert | None:
    """An alert that waits; None for what is none."""
    path = f"{directory()}/{name}"
    try:
        fields = Fields.of(files.read_json(path), path)
        return Alert(fields.read("message", dict_of(as_str)), set(fields.texts("sent")))
    except (OSError, Failed):
        return None


def _unreadable(error: OSError) -> None:
    syslog.syslog(syslog.LOG_ERR, f"the alerts that wait could not be read: {error.strerror}")


def _forget(name: str) -> None:
    try:
        path = f"{directory()}/{name}"
        make_way(path)
        files.remove(path)
    except OSError as error:
        syslog.syslog(syslog.LOG_ERR, f"an alert could not be removed from disk: {error.strerror}")
