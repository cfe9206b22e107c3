"""The sender: one connection to the collector, over which each record goes as it comes, of this machine and of others.

It keeps nothing but how far it came. What the collector does not take stays in the journals, which wait for nobody.
"""

import time

from phiward_host.collector import form, place, reading
from phiward_host.collector.link import Link, reason
from phiward_host.collector.place import Ledger, Place, State
from phiward_host.collector.settings import CREDENTIAL, STATE, CollectorSettings
from phiward_host.collector.source import Next, Source
from phiward_host.common import cli
from phiward_host.common.errors import Failed, Refused

PAUSES = (2.0, 5.0, 15.0, 30.0, 60.0)
LOOK_SECONDS = 2.0
# A connection that lasted so long was at work.
AT_WORK_SECONDS = 30.0


def send(settings: CollectorSettings) -> int:
    """Sends for ever; ends by a signal alone."""
    sources = [Source(settings.host, is_own=True), *(Source(host, is_own=False) for host in settings.senders)]
    ledger = begun(sources)
    failures = 0
    while True:
        began = time.monotonic()
        try:
            _send_once(settings, sources, ledger)
        except (Failed, Refused, OSError, ValueError) as error:
            words = reason(error)
            if words != ledger.state.trouble:
                cli.complain(f"no copy of the record is sent: {words}")
            ledger.trouble(words)
        failures = 0 if time.monotonic() - began > AT_WORK_SECONDS else failures + 1
        time.sleep(PAUSES[min(failures, len(PAUSES)) - 1] if failures else PAUSES[0])


def begun(sources: list[Source]) -> Ledger:
    """How far the copy came; of a first start, from now on. Of a host that came later all is sent. Raises Failed."""
    found = place.load(STATE)
    if found is None:
        ledger = Ledger(STATE, State({source.host: source.newest() for source in sources}, time.time()))
        ledger.trouble("the collector was not reached yet")
        return ledger
    places = {source.host: found.places.get(source.host, Place(None, 0.0)) for source in sources}
    return Ledger(STATE, State(places, found.arrived, found.trouble, found.gap, found.gap_at))


def _send_once(settings: CollectorSettings, sources: list[Source], ledger: Ledger) -> None:
    """Raises Failed, or OSError, once the connection has ended."""
    with Link(settings, CREDENTIAL) as link:
        ledger.begin()
        for source in sources:
            source.again()
        number = 0
        while True:
            link.require()
            began, is_all, troubles = time.time(), True, list[str]()
            for source in sources:
                try:
                    found = source.next(ledger.sent[source.host])
                except (Failed, OSError, ValueError) as fault:
                    # What one host has sent here keeps no other one's back.
                    troubles.append(f"the records of {source.host} cannot be read: {fault}")
                    is_all = False
                    continue
                number += _tell_gap(link, ledger, source, found, number + 1)
                link.send(b"".join(_frames(source.host, found, number + 1)))
                number += len(found.records)
                ledger.sent[source.host] = found.place
                is_all = is_all and found.is_all
            ledger.note(link, began if is_all else None)
            ledger.trouble("; ".join(troubles) or None)
            if is_all or troubles:
                link.require(LOOK_SECONDS)


def _frames(host: str, found: Next, number: int) -> list[bytes]:
    return [form.framed(host, each.fields.values, each.message, number + at) for at, each in enumerate(found.records)]


def _tell_gap(link: Link, ledger: Ledger, source: Source, found: Next, number: int) -> int:
    """Says to the collector, in the journal and to the watch which records the copy lacks. Returns how many it sent."""
    if found.missing_from is None:
        return 0
    first = found.records[0].fields.text("__REALTIME_TIMESTAMP")
    until = reading.microseconds(found.missing_from)
    words = (
        f"AUDIT_LOG_FAILURE: records of {source.host} from {form.timestamp(until)} to {form.timestamp(int(first))} "
        "are not in the collector's copy: they were removed before they could be sent"
    )
    now = {"__REALTIME_TIMESTAMP": str(time.time_ns() // 1000), "SYSLOG_IDENTIFIER": "phiward", "PRIORITY": "2"}
    link.send(form.framed(source.host, now, words, number))
    cli.complain(words)
    ledger.gap(words)
    return 1
