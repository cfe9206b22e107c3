"""Looks at the record as it arrives at the vault, of each host by itself, and counts what should not be."""

import time
from dataclasses import dataclass

from phiward_host.collector.place import Place
from phiward_host.collector.source import Source
from phiward_host.common import cli, files
from phiward_host.common.decode import Fields, as_int, dict_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.detectors.classes import COUNTED, REACHED, Classes
from phiward_host.detectors.habits import Habits
from phiward_host.detectors.settings import LEARNED, STATE, DetectorSettings
from phiward_host.detectors.tally import Tally
from phiward_host.detectors.told import JOB, metrics
from phiward_host.metrics import push
from phiward_host.records import people
from phiward_host.records.entry import FIELDS, Entry, entry_of

LOOK_SECONDS = 5.0
# The Pushgateway keeps nothing over a restart: so often it is sent all, whatever has changed.
PUSH_SECONDS = 15.0
# What is usual changes slowly, and is larger than the counts: what is not kept of it is learned once more.
LEARNED_SECONDS = 300.0
# Of a host that has much to say, so many batches before the next one has its turn.
MOST_BATCHES = 20
EVENTS = (*COUNTED, *REACHED)
LOGIN_MATCHES = ("_UID=0", "SYSLOG_IDENTIFIER=sshd", "SYSLOG_IDENTIFIER=sshd-session")
MOST_LOGINS = 2000


@dataclass
class Watched:
    """A host's records, how far they were looked at, and what looks at them."""

    source: Source
    place: Place
    classes: Classes
    # When all that there was had been looked at, by this machine's clock.
    looked: float = 0.0

    def look(self) -> bool:
        """Counts what is new. Returns whether there was anything. Raises Failed."""
        before, began = self.place.cursor, time.time()
        for _ in range(MOST_BATCHES):
            found = self.source.next(self.place)
            entries = [_entry(self.source.host, each.fields, each.message) for each in found.records]
            self.classes.take(entries)
            self.place = found.place
            if found.is_all:
                self.looked = began
                break
        return self.place.cursor != before


def watch(settings: DetectorSettings) -> int:
    """Looks for ever; ends by a signal alone."""
    tally = Tally(settings.thresholds)
    watched = _begun(settings, tally)
    pushed, learned, trouble = 0.0, time.monotonic(), ""
    while True:
        is_new, troubles = False, list[str]()
        for each in watched:
            try:
                is_new = each.look() or is_new
            except (Failed, Refused, OSError, ValueError, KeyError) as fault:
                # What one host has sent here keeps no other one's back.
                troubles.append(f"the records of {each.source.host} cannot be read: {fault}")
        if is_new:
            try:
                _keep(watched, tally)
                if time.monotonic() - learned >= LEARNED_SECONDS:
                    files.write_json(LEARNED, {each.source.host: each.classes.habits.as_json() for each in watched})
                    learned = time.monotonic()
            except OSError as fault:
                # A full disk ends no looking: what is not kept is counted again by a later run.
                troubles.append(f"{STATE}: {fault.strerror}")
        if is_new or time.monotonic() - pushed >= PUSH_SECONDS:
            try:
                for each in watched:
                    text = metrics(tally.counts.get(each.source.host, {}), EVENTS, each.looked)
                    push.put(each.source.host, text, JOB)
                pushed = time.monotonic()
            except Failed as fault:
                troubles.append(str(fault))
        words = "; ".join(troubles)
        if words not in ("", trouble):
            cli.complain(words)
        trouble = words
        time.sleep(LOOK_SECONDS)


def _entry(host: str, fields: Fields, message: str) -> Entry:
    return entry_of(host, {**fields.values, "MESSAGE": message})


def _begun(settings: DetectorSettings, tally: Tally) -> list[Watched]:
    """Where the last run ended; of a host that is new, from now on. Raises Failed."""
    places, tally.counts = _state()
    learned = _learned()
    watched: list[Watched] = []
    for host, is_own in ((settings.host, True), *((sender, False) for sender in settings.senders)):
        source = Source(host, is_own=is_own, fields=FIELDS)
        place = places.get(host) or source.newest()
        habits = Habits(host, settings, tally)
        try:
            if learned.has(host):
                habits.learn(learned.child(host))
        except Refused:
            cli.complain(f"{LEARNED} cannot be read of {host}; what is usual there is learned from now on")
            habits = Habits(host, settings, tally)
        classes = Classes(host, settings.break_glass, tally, habits, _names(source))
        watched.append(Watched(source, place, classes))
    return watched


def _names(source: Source) -> dict[str, str]:
    """Accounts of a host by number, as its newest logins say."""
    newest = source.matching(*LOGIN_MATCHES, most=MOST_LOGINS)
    opened = (people.account_opened(_entry(source.host, each.fields, each.message)) for each in reversed(newest))
    return dict(each for each in opened if each is not None)


def _learned() -> Fields:
    try:
        return Fields.of(files.read_json(LEARNED) or {}, LEARNED)
    except (Refused, ValueError):
        cli.complain(f"{LEARNED} cannot be read; what is usual is learned from now on")
        return Fields.of({}, LEARNED)


def _state() -> tuple[dict[str, Place], dict[str, dict[str, int]]]:
    try:
        found = files.read_json(STATE)
        if found is None:
            return {}, {}
        fields = Fields.of(found, STATE)
        return fields.read("places", dict_of(Place.from_json)), fields.read("counts", dict_of(dict_of(as_int)))
    except (Refused, ValueError):
        cli.complain(f"{STATE} cannot be read; what is written from now on is looked at")
        return {}, {}


def _keep(watched: list[Watched], tally: Tally) -> None:
    places = {each.source.host: {"cursor": each.place.cursor, "since": each.place.since} for each in watched}
    files.write_json(STATE, {"places": places, "counts": tally.counts})
