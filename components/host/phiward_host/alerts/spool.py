"""Alerts that wait: each is on disk before it is sent, and stays there until it went by every channel."""

import fcntl
import os
import syslog
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from phiward_host.alerts.channels import channels
from phiward_host.alerts.settings import AlertSettings
from phiward_host.common import files, paths
from phiward_host.common.decode import Fields, as_str, dict_of

# An alert more than this many that wait is in the journal only.
MOST = 1000


@dataclass(frozen=True)
class Alert:
    """A message, and the channels by which it went already."""

    message: dict[str, str]
    sent: tuple[str, ...]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        return cls(fields.read("message", dict_of(as_str)), tuple(fields.texts("sent")))

    def to_json(self) -> dict[str, object]:
        return {"message": self.message, "sent": list(self.sent)}


def directory() -> str:
    return f"{paths.BASE}/alerts"


def keep(name: str, alert: Alert) -> None:
    """Puts an alert among those that wait, unless there are too many."""
    files.make_directory(directory())
    if len(os.listdir(directory())) < MOST:
        files.write_json(f"{directory()}/{name}", alert.to_json())


def flush(settings: AlertSettings, pauses: Sequence[float]) -> bool:
    """Sends what waits, oldest first, after each pause (seconds) until all is sent. Returns whether it is."""
    files.make_directory(directory())
    # A lock of its own: the unit that runs this may write to no other directory.
    with open(f"{directory()}/.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for pause in pauses:
            time.sleep(pause)
            waiting = sorted(name for name in os.listdir(directory()) if name.endswith(".json"))
            # All are tried, also after one that failed.
            if all(deliver(f"{directory()}/{name}", settings) for name in waiting):
                return True
    return False


def deliver(path: str, settings: AlertSettings) -> bool:
    """Sends one alert by every channel that it has not gone by yet. Returns whether none is left."""
    alert = Alert.from_json(files.read_json(path), path)
    declared = channels(settings)
    sent = list(alert.sent)
    for name, send in declared.items():
        if name in sent:
            continue
        try:
            send(alert.message)
            sent.append(name)
        except Exception as error:  # whatever kept it from arriving, it is tried again
            syslog.syslog(syslog.LOG_ERR, f"an alert could not be sent by {name}: {type(error).__name__}")
    if declared.keys() <= set(sent):
        os.unlink(path)
        return True
    files.write_json(path, Alert(alert.message, tuple(sent)).to_json())
    return False
