"""Which events an entry of the record, or an act that it shows, stands for."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from phiward_host.detectors.attempts import Attempts
from phiward_host.detectors.explained import Explained
from phiward_host.detectors.failures import Failures
from phiward_host.detectors.habits import Habits, is_login
from phiward_host.detectors.tally import Tally
from phiward_host.records import kernel, logins, own, people, services, trouble
from phiward_host.records.act import Act
from phiward_host.records.entry import ENGINE_UNIT, Entry

# Events without a threshold of their own.
COUNTED: Sequence[str] = (
    *("login-failed", "login-mistyped", "login-impossible", "access-denied", "ban", "sudo-denied"),
    *("record-lost", "key-read", "break-glass", "container-by-hand"),
    *("new-network", "odd-hour", "unusual-user", "unusual-action"),
)
# Events that are several occurrences within a time.
REACHED: Sequence[str] = ("brute-force", "restores-repeated", "suspicious", "web-scan", "sql-injection", "port-scan")
_BY_HAND = re.compile(r"sudo as root: (?:/\S+/)?docker (?:.* )?(?:run|create|start|load|build|pull)(?: .*)?")
_SESSION = re.compile(rf"{logins.NAME} from \S+: audit session ([0-9]{{1,10}})\Z")
# The agent's own, by which a deploy brings and checks secrets, and the programs of its checks that open one.
_AGENT = re.compile(
    r"(?:.* by )?(?:/usr/s?bin/)?(?:python3(?:\.[0-9]+)?|find|head|restic|sha256sum|sshd)\b.*", re.DOTALL
)
MOST_SESSIONS = 10_000


@dataclass
class Classes:
    """Of one host. `names` are of accounts, by number: of the one of deploys it knows the sessions since it looks."""

    host: str
    break_glass: str
    tally: Tally
    habits: Habits
    names: dict[str, str] = field(default_factory=dict[str, str])
    _sessions: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])
    _explained: Explained = field(default_factory=Explained)
    _attempts: Attempts = field(init=False)
    _failures: Failures = field(init=False)

    def __post_init__(self) -> None:
        self._attempts = Attempts(self.host, self.tally)
        self._failures = Failures(self.host, self.tally, self.habits.settings.people | {self.break_glass})

    def take(self, entries: Sequence[Entry]) -> None:
        """Counts what entries, in the order in which they arrived, stand for."""
        for entry in entries:
            self._note_session(entry)
            self._attempts.take(entry)
            self._explained.note(entry)
            act = _act(entry)
            if act is not None and not self._explained.has(entry):
                self._count(act, entry)
                self.habits.take(replace(act, who=self._name(act)))
        for act, session in kernel.events(entries):
            # A container reads its own secrets as it starts, and services theirs: those are in no login session.
            by_person = not act.what.endswith(", in no login session")
            if act.kind == "ENCRYPTION_KEY_ACCESS" and by_person and not self._is_agents(act, session):
                self.tally.count("key-read", self.host)

    def _count(self, act: Act, entry: Entry) -> None:
        tally, host = self.tally, self.host
        if act.kind == "login" or is_login(act):
            if act.outcome != "success":
                self._failures.failed(act, entry)
                return
            self._failures.succeeded(act)
        simple = self._simple(act)
        if simple is not None:
            tally.count(simple, host)
        if simple == "access-denied":
            # By account and by address, each by itself: many accounts from one address, or one account from many.
            for key in (f"{act.kind} {act.who}", act.from_):
                if key != "":
                    tally.towards("suspicious", key, host, act.time)
        if act.kind == "restore" and act.outcome == "begun":
            tally.towards("restores-repeated", "", host, act.time)

    def _simple(self, act: Act) -> str | None:
        if act.kind == "login":
            return "break-glass" if act.who == self.break_glass else None
        if act.kind == "privilege":
            if act.outcome == "denied":
                return "sudo-denied"
            return "container-by-hand" if _BY_HAND.fullmatch(act.what) is not None else None
        if act.kind == "application":
            # Of nobody's it may be a session that has ended, as everyone's has in the morning: callers.py tells.
            return "access-denied" if act.outcome == "denied" and act.who != "" else None
        if act.kind == "ban":
            return "ban" if act.what.startswith("ban ") else None
        if act.kind == "restore" and act.outcome == "denied":
            # Signatures of two people that do not do (backup/approval.py).
            return "access-denied"
        return "record-lost" if act.kind == "AUDIT_LOG_FAILURE" else None

    def _note_session(self, entry: Entry) -> None:
        opened = people.account_opened(entry)
        if opened is not None:
            self.names.pop(opened[0], None)
            self.names[opened[0]] = opened[1]
        while len(self.names) > MOST_SESSIONS:
            del self.names[next(iter(self.names))]
        is_deploys = self.names.get(entry.text("_UID")) == "deploy" and not entry.is_containers
        if entry.text("SYSLOG_IDENTIFIER") != "phiward-deploy" or not is_deploys:
            return
        said = _SESSION.fullmatch(entry.text("MESSAGE"))
        session = entry.text("_AUDIT_SESSION") or ("" if said is None else said.group(1))
        if session != "":
            self._sessions[(entry.boot, session)] = None
        while len(self._sessions) > MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]

    def _name(self, act: Act) -> str:
        """Of whoever did it; sudo's own lines have the number that the kernel gives."""
        return self.names.get(act.who.removeprefix("uid "), act.who)

    def _is_agents(self, act: Act, session: tuple[str, str]) -> bool:
        is_deploys = self._name(act) == "deploy" and session in self._sessions
        return is_deploys and _AGENT.fullmatch(act.what) is not None


def _act(entry: Entry) -> Act | None:
    """What the reader of an entry's kind takes out of it: by who wrote it, as far as journald knows."""
    name, unit = entry.text("SYSLOG_IDENTIFIER"), entry.text("_SYSTEMD_UNIT")
    if unit == ENGINE_UNIT:
        return services.application(entry)
    if unit == "fail2ban.service":
        return services.ban(entry)
    read = _BY_NAME.get(name)
    return trouble.trouble(entry) if read is None else read(entry)


_BY_NAME: Mapping[str, Callable[[Entry], Act | None]] = {
    "sshd": logins.login,
    "sshd-session": logins.login,
    "sudo": logins.privilege,
    "su": logins.privilege,
    "phiward": own.acted,
    "phiward-restore": own.restored,
}
