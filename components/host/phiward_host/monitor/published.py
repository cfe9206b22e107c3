"""How the hosts are, as a page and as JSON: a unit makes both, whose account may do nothing else; people fetch them.

That unit alone reads what hosts and the monitoring say. Root hands on what it wrote, up to a size, and reads nothing of
it.
"""

import json
import time
from dataclasses import asdict

from phiward_host.common import cli, files, journal, process
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.common.who import who
from phiward_host.monitor import now, page
from phiward_host.monitor.settings import LookSettings

UNIT = "phiward-status-page.service"
# systemd keeps a runtime directory of an account that is there for a time only in this one, which is root's.
DIRECTORY = "/run/private/phiward-status-page"
OWN = "/run/phiward-status-page"
PAGE, NOW = "page.html", "now.json"
MOST_BYTES = 1 << 19
# A page of the last seconds is as good as a new one.
FRESH_SECONDS = 5.0


def make() -> int:
    """Makes both. Raises Failed where one would be longer than whoever fetches it takes."""
    settings = LookSettings.load()
    found = now.look(settings)
    for name, text in ((NOW, json.dumps(asdict(found))), (PAGE, page.page(found, settings.figures))):
        size = len(text.encode())
        if size > MOST_BYTES:
            raise Failed(f"{name} has {size} bytes, allowed: {MOST_BYTES}")
        files.write(f"{OWN}/{name}", text)
    return cli.DONE


def show_now(log: RootLog) -> int:
    """Prints how the hosts are, as JSON, made now. Raises Failed."""
    _refresh(log)
    print(_read(NOW)[1])
    return cli.DONE


def show_page(log: RootLog) -> int:
    """Prints the page and the moment at which it was made, as JSON; its reading is on record before. Raises Failed."""
    reader = who()
    journal.record("reading", f"{reader} read the status page", who=reader, what="the status page", outcome="success")
    _refresh(log)
    at, text = _read(PAGE)
    print(json.dumps({"at": at, "page": text}))
    return cli.DONE


def _refresh(log: RootLog) -> None:
    """Has both made, unless they were just now. What is there says of what time it is, so that a failure is no end."""
    found = files.status_beneath(DIRECTORY, NOW)
    if found is None or abs(time.time() - found.st_mtime) > FRESH_SECONDS:
        process.logged(["systemctl", "start", UNIT], log, timeout=30)


def _read(name: str) -> tuple[float, str]:
    try:
        found = files.status_beneath(DIRECTORY, name)
        text = files.read_beneath(DIRECTORY, name, MOST_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        found, text = None, ""
    if found is None:
        raise Failed(f"the monitoring has not said how the hosts are; see journalctl --unit={UNIT} on the host")
    return found.st_mtime, text
