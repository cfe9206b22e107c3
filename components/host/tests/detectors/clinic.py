"""Days of a clinic, as its host writes them and a vault has them: nothing of it may raise an alert.

120 people behind one address, of whom one in ten logins begins with a mistyped password; one who forgets it; two
administrators, of whom one works at home; backups, updates, a deploy, and a restart; and a thousand logins a day that
programs of the Internet try. All by chance that is the same in
each run. `python3 -m tests.detectors.clinic` writes what the detectors count to clinic.json, which the rules of
Prometheus are tested with (test/integration/quietDays.ts).
"""

import json
import pathlib
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from phiward_host.common.decode import Fields
from phiward_host.detectors.classes import COUNTED, REACHED, Classes
from phiward_host.detectors.habits import Habits
from phiward_host.detectors.settings import DetectorSettings, Threshold
from phiward_host.detectors.tally import Tally
from phiward_host.records.entry import Entry
from phiward_host.sealing import closed
from tests.detectors import lines
from tests.golden import golden

GOLDEN = pathlib.Path(__file__).with_name("clinic.json")
# Saturday, 31 October 2026, 00:00 UTC: 16 days that teach, then a Monday with a deploy and a restart, and a Tuesday.
BEGIN, DAYS, MONDAY = 1_793_404_800, 18, 16
MINUTE, HOUR, DAY = 60, 3600, 86_400
RESTART = 22 * HOUR + 30 * MINUTE
CLINIC, HOME, OFFICE, SCANNER = "203.0.113.40", "198.51.100.{}", "192.0.2.9", "203.0.113.99"
NOBODY = "4294967295"
NAMES = ("admin", "ubuntu", "oracle", "test", "postgres", "git")
PEOPLE = [f"user{number}" for number in range(120)]
# In the order of a deploy: its agent, and programs of its checks.
OPENS = ("bin/python3.13", "bin/find", "bin/sha256sum", "bin/head", "bin/restic", "sbin/sshd")

Said = Mapping[str, str]


@dataclass
class Clinic:
    """What one day may have of what alerts are for; each value is the most that is quiet."""

    wrong: int = 4
    denied: int = 3
    probes: int = 20
    ports: int = 9
    calls: int = 5
    chance: random.Random = field(default_factory=lambda: random.Random(15))

    def day(self, number: int) -> list[tuple[int, Said]]:
        """Entries with their seconds since 1970, in order."""
        is_work = number % 7 > 1
        said = [*self._host(number), *self._site(number), *_internet(number)]
        for person in PEOPLE if is_work else self.chance.sample(PEOPLE, 8):
            said += self._person(person)
        if is_work:
            said += [*self._forgetful(), *self._administrators(number)]
        if number == MONDAY:
            said += [*_deploy(), *_restart()]
        times = [(BEGIN + number * DAY + int(at), fields) for at, fields in said]
        return sorted(((at, {**each, "_BOOT_ID": _boot(at)}) for at, each in times), key=lambda one: one[0])

    def _person(self, user: str) -> Iterator[tuple[float, Said]]:
        """Logs in twice, reads what is to be read, and brings a picture."""
        for begin, end in ((7 * HOUR, 9 * HOUR), (12.5 * HOUR, 14 * HOUR)):
            at = self.chance.uniform(begin, end)
            # The session of before has ended, and a page asks for several things at once.
            for _ in range(self.chance.randint(1, 6)):
                yield at, said(outcome="denied", user=None)
            mistyped = self.chance.random()
            if mistyped < 0.1:
                # One in five of them in the name, which then is nobody's.
                yield at + 20, said(action="login", outcome="denied", user=None if mistyped < 0.02 else user)
            yield at + 35, said(action="login", user=user)
            for _ in range(12):
                yield self.chance.uniform(at + 40, at + 4 * HOUR), said(user=user)
            yield self.chance.uniform(at + 40, at + 4 * HOUR), said(action="picture.add", user=user)

    def _forgetful(self) -> Iterator[tuple[float, Said]]:
        for hour in (7.6, 11.3, 13.4, 16.2):
            for wrong in range(self.wrong):
                yield hour * HOUR + 25 * wrong, said(action="login", outcome="denied", user="forgetful")
            yield hour * HOUR + 25 * self.wrong, said(action="login", user="forgetful")

    def _site(self, day: int) -> Iterator[tuple[float, Said]]:
        """What browsers ask for by themselves, who may not see something, and a scanner that a ban ends."""
        for _ in range(200):
            yield self.chance.uniform(7 * HOUR, 18 * HOUR), lines.request("asks=browser", client=CLINIC)
        for number in range(self.denied):
            denied = said(action="note.remove", outcome="denied", user=self.chance.choice(PEOPLE))
            yield 10 * HOUR + number * 11 * MINUTE, denied
        for number in range(self.probes):
            yield 4 * HOUR + number, lines.request("asks=probe", client=SCANNER)
        # Without a login: someone elsewhere who comes by each hour, and a page that stays open in the clinic.
        for number in range(24 * self.calls):
            yield number * HOUR / self.calls, said(outcome="denied", user=None, address=SCANNER)
        for minute in range(0 if day > 0 else 12 * 60, 24 * 60, 2):
            yield minute * MINUTE, said(outcome="denied", user=None)
        ban = f"2026-11-16 04:00:21,301 fail2ban.actions [812]: NOTICE  [nginx-scanner] Ban {SCANNER}"
        yield 4 * HOUR + 21, {**lines.ROOT, "_SYSTEMD_UNIT": "fail2ban.service", "MESSAGE": ban}

    def _host(self, number: int) -> Iterator[tuple[float, Said]]:
        """A backup, a report by night with as many acts each time, updates that start sshd again, knocks at ports."""
        for port in range(self.ports):
            yield 3 * HOUR + 7 * port, lines.blocked(8000 + port, SCANNER)
        for fields in lines.key_read("/usr/bin/restic", NOBODY):
            yield 1.5 * HOUR, fields
        for act in range(400):
            yield 2 * HOUR + 5 * act, said(action="report.read", user="report")
        for fields in lines.key_read("/usr/sbin/sshd", NOBODY, path="/etc/ssh/ssh_host_ed25519_key"):
            yield 6 * HOUR + number * MINUTE, fields
        logged = {**lines.ROOT, "SYSLOG_IDENTIFIER": "unattended-upgrade", "MESSAGE": "All upgrades installed"}
        yield 6 * HOUR + number * MINUTE, logged

    def _administrators(self, number: int) -> Iterator[tuple[float, Said]]:
        """Each offers three keys, of which the last is declared; asks for the status; one of them from home."""
        for name, address in (("alice", OFFICE), ("bob", HOME.format(number % 7 + 20))):
            for hour in (8, 8.1, 8.2, 17):
                at, port = hour * HOUR, self.chance.randint(1024, 65_000)
                for fields in [lines.failed(name, address, port)] * 2:
                    yield at, fields
                yield at + 1, lines.accepted(name, address, port)
                for command in ("/usr/bin/docker ps", "/usr/bin/systemctl restart nginx", "/usr/bin/python3 -I x.pyz"):
                    yield at + 9, lines.sudo(command)
                for path in ("phiward", "monitor", "look.json"):
                    for fields in lines.key_read("/usr/bin/python3.13", "1001", path=path):
                        yield at + 10, fields


def _internet(number: int) -> Iterator[tuple[float, Said]]:
    """Programs that try names and passwords at every address, until a ban ends each: by night more of them."""
    chance = random.Random(number)
    for _ in range(500):
        address = f"198.18.{chance.randint(0, 255)}.{chance.randint(1, 254)}"
        at = chance.uniform(0, DAY) if chance.random() < 0.7 else chance.uniform(2 * HOUR, 3 * HOUR)
        for attempt in range(chance.randint(1, 3)):
            port = chance.randint(1024, 65_000)
            message = f"Invalid user {chance.choice(NAMES)} from {address} port {port}"
            if chance.random() < 0.1:
                message = f"Failed password for deploy from {address} port {port} ssh2"
            yield at + 2 * attempt, {**lines.SSHD, "MESSAGE": message}


def said(**fields: object) -> Said:
    return lines.line(**{"address": CLINIC, **fields})


def _deploy() -> Iterator[tuple[float, Said]]:
    at = 14 * HOUR
    yield at, lines.accepted("deploy", OFFICE)
    yield at, lines.deploy_begins(lines.DEPLOYS, "90")
    for program in OPENS:
        for fields in lines.key_read(f"/usr/{program}", lines.DEPLOYS, "90"):
            yield at + 60, fields
    # The new container reads its own, as nobody's session.
    for fields in lines.key_read("/usr/local/bin/node", NOBODY):
        yield at + 90, fields


def _boot(at: int) -> str:
    return ("b" if at < BEGIN + MONDAY * DAY + RESTART + 60 else "c") * 32


def _restart() -> Iterator[tuple[float, Said]]:
    root, audit = lines.ROOT, {**lines.ROOT, "_TRANSPORT": "audit", "_AUDIT_TYPE": "1305"}
    pid = "CONFIG_CHANGE op=set audit_pid={} old={} auid=4294967295 ses=4294967295 subj=unconfined res=1"
    logind = {"_SYSTEMD_UNIT": "systemd-logind.service", "MESSAGE_ID": "98268866d1d54a499c4e98921d93bc40"}
    yield RESTART, {**root, **logind, "MESSAGE": "The system will reboot now!"}
    yield RESTART + 4, {**audit, "MESSAGE": pid.format(0, 713)}
    yield RESTART + 80, {**root, "SYSLOG_IDENTIFIER": "phiward", "PHIWARD_ACT": closed.ACT, "MESSAGE": closed.WORDS}
    damaged = "File /var/log/journal/0a/system.journal corrupted or uncleanly shut down, renaming and replacing."
    yield RESTART + 81, {**root, "SYSLOG_IDENTIFIER": "systemd-journald", "MESSAGE": damaged}
    yield RESTART + 82, {**audit, "MESSAGE": pid.format(698, 0)}


def settings() -> DetectorSettings:
    """As a deploy writes them, with its thresholds."""
    told = Fields.of(json.loads(pathlib.Path(golden("detectors.json")[0]).read_text()), "detectors.json")
    thresholds = {name: Threshold.from_json(each, name) for name, each in told.child("thresholds").values.items()}
    return DetectorSettings("vault", ("web",), "breakglass", thresholds, frozenset({"alice", "bob"}), ("192.0.2.0/26",))


def counts(clinic: Clinic, days: range) -> Iterator[tuple[int, Mapping[str, int]]]:
    """What the detectors have counted at the end of each minute in which there was something, since the first day.

    They are started again each day, with what they keep on the disk.
    """
    told = settings()
    tally = Tally(told.thresholds)
    nobody: object = {"used": {}, "first": {}}
    kept: object = {"networks": nobody, "hours": nobody, "users": {}, "actions": {}}
    for day in days:
        minutes: dict[int, list[Entry]] = {}
        for at, fields in clinic.day(day):
            minutes.setdefault((at - BEGIN) // MINUTE, []).append(Entry("web", at * 1_000_000, fields))
        habits = Habits("web", told, tally)
        habits.learn(Fields.of(json.loads(json.dumps(kept)), "learned"))
        classes = Classes("web", told.break_glass, tally, habits, {lines.DEPLOYS: "deploy", "1001": "alice"})
        for minute, entries in minutes.items():
            classes.take(entries)
            yield minute, dict(tally.counts.get("web", {}))
        kept = habits.as_json()


def changes(counted: Iterable[tuple[int, Mapping[str, int]]]) -> dict[str, list[list[int]]]:
    """Of each event that there was, each minute of the last two days at which its count rose, and by how much."""
    found: dict[str, list[list[int]]] = {event: [] for event in (*COUNTED, *REACHED)}
    before: Mapping[str, int] = {}
    for minute, now in counted:
        for event in found:
            rose = now.get(event, 0) - before.get(event, 0)
            if minute >= MONDAY * 1440 and rose > 0:
                found[event].append([minute - MONDAY * 1440, rose])
        before = now
    return found


def text() -> str:
    """What clinic.json has."""
    return json.dumps(changes(counts(Clinic(), range(DAYS)))) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text(text())
