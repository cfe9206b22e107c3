"""Alerts that nobody is to get for a time: planned work, or one that someone has taken on. Each is on record."""

import json
import re
import sys
from dataclasses import dataclass
from typing import Self

from phiward_host.common import cli, journal, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.common.text import one_line
from phiward_host.common.who import who
from phiward_host.monitor.ready import ALERTMANAGER

MOST_BYTES = 8192
SHORTEST, LONGEST = 60, 7 * 86_400
ALERT = re.compile(r"[A-Z][A-Z_]{1,60}")
HOST = re.compile(r"[a-z][a-z0-9-]{0,61}")
WHY = re.compile(r"[!-~](?:[ -~]{0,298}[!-~])?")
AMTOOL = ("amtool", f"--alertmanager.url={ALERTMANAGER}", "silence")
# It says that the vault watches: nobody would see its silence from an outage.
HEARTBEAT = "HEARTBEAT"


@dataclass(frozen=True)
class Wanted:
    """A silence of one alert, or of all, on one host or on all, for some seconds; and why.

    `acknowledged`: somebody has taken the alert on, rather than planned what raises it.
    """

    alert: str | None
    host: str | None
    seconds: int
    why: str
    acknowledged: bool

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises Refused where it is not of this form."""
        try:
            fields = Fields.of(json.loads(text), "silence")
        except ValueError as error:
            raise Refused("silence: found no JSON, allowed: an object") from error
        alert = fields.text("alert") if fields.has("alert") else None
        host = fields.text("host") if fields.has("host") else None
        wanted = cls(alert, host, fields.integer("seconds"), fields.text("why"), fields.flag("acknowledged"))
        if alert is not None and (ALERT.fullmatch(alert) is None or alert == HEARTBEAT):
            raise Refused("silence.alert: found something else, allowed: the name of an alert other than HEARTBEAT")
        if host is not None and HOST.fullmatch(host) is None:
            raise Refused("silence.host: found something else, allowed: the lasting name of a host")
        if not SHORTEST <= wanted.seconds <= LONGEST:
            raise Refused(f"silence.seconds: found {wanted.seconds}, allowed: {SHORTEST} to {LONGEST}")
        if WHY.fullmatch(wanted.why) is None:
            raise Refused("silence.why: found something else, allowed: 1 to 300 printable characters of ASCII")
        return wanted

    def matchers(self) -> list[str]:
        alert = f'alert!="{HEARTBEAT}"' if self.alert is None else f'alert="{self.alert}"'
        return [alert, *([] if self.host is None else [f'instance="{self.host}"'])]

    def words(self) -> str:
        alert = "all alerts" if self.alert is None else self.alert
        return f"{alert} of {'all hosts' if self.host is None else self.host}"


def add(log: RootLog) -> int:
    """Adds the silence that standard input says, in the name of whoever became root for it; prints its id.

    It is on record before it begins. Raises Refused, and Failed where Alertmanager does not take it.
    """
    wanted = Wanted.read(sys.stdin.read(MOST_BYTES))
    by = who()
    act = "acknowledged" if wanted.acknowledged else "silenced"
    journal.record(
        "operation",
        f"{by} {act} {wanted.words()} for {wanted.seconds} s: {wanted.why}",
        who=by,
        what=f"{act} {wanted.words()} for {wanted.seconds} s",
        why=wanted.why,
        outcome="success",
    )
    about = [f"--author={by}", f"--comment={wanted.why}", f"--duration={wanted.seconds}s"]
    said = process.must("", [*AMTOOL, "add", *about, *wanted.matchers()], log, timeout=30)
    print(one_line(said.strip()))
    return cli.DONE


def show(log: RootLog) -> int:
    """Prints the silences that are in force, as Alertmanager's JSON. Raises Failed."""
    print(process.must("", [*AMTOOL, "query", "--output=json"], log, timeout=30).strip())
    return cli.DONE
