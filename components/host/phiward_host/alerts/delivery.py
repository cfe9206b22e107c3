"""Sending alerts: each channel in a thread of its own, so that one that does not answer delays no other."""

import syslog
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from phiward_host.alerts.channels import Channel, Message, channels
from phiward_host.alerts.settings import AlertSettings

# A try that had begun when the time was up is waited for this long, and then left behind.
LAST_TRY_SECONDS = 20


@dataclass
class Alert:
    """A message, and the channels by which it went already."""

    message: Message
    sent: set[str] = field(default_factory=set[str])

    def is_done(self, settings: AlertSettings) -> bool:
        """Whether it went by every declared channel."""
        return channels(settings).keys() <= self.sent


def deliver(settings: AlertSettings, alerts: Sequence[Alert], pauses: Sequence[float], seconds: float) -> None:
    """Tries to send alerts in the given order by every channel, after each pause (seconds) until all are sent.

    No try begins later than `seconds` after the start. What went is in each alert's `sent`; nothing is raised.
    """
    limit = time.monotonic() + seconds
    threads = [
        # What hangs for ever does not keep the program from its end.
        threading.Thread(target=_send_all, args=(name, send, alerts, pauses, limit), daemon=True)
        for name, send in channels(settings).items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, limit + LAST_TRY_SECONDS - time.monotonic()))


def _send_all(name: str, send: Channel, alerts: Sequence[Alert], pauses: Sequence[float], limit: float) -> None:
    for pause in pauses:
        time.sleep(pause)
        # All are tried, also after one that failed.
        for alert in alerts:
            if name in alert.sent:
                continue
            if time.monotonic() > limit:
                return
            try:
                send(alert.message)
                alert.sent.add(name)
            except Exception as error:  # whatever kept it from arriving, it is tried again
                syslog.syslog(syslog.LOG_ERR, f"an alert could not be sent by {name}: {type(error).__name__}")
        if all(name in alert.sent for alert in alerts):
            return
