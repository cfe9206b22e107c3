"""Who is behind an account: the person of a login's number, and of a session of the login of deploys."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from phiward_host.records.act import Act, Query
from phiward_host.records.entry import Entry
from phiward_host.records.logins import NAME
from phiward_host.records.query import MICROSECONDS, entries
from phiward_host.records.sources import Source

_OPENED = re.compile(rf"pam_unix\([\w-]+:session\): session opened for user ({NAME})\(uid=([0-9]+)\) by .*")
_DEPLOYER = re.compile(
    rf"({NAME}) from \S+: (?:request ([0-9a-f]{{64}})|audit session ([0-9]{{1,10}})\Z)?.*", re.DOTALL
)
_OPENERS = [["_UID=0", f"SYSLOG_IDENTIFIER={each}"] for each in ("sshd", "sshd-session", "sudo", "su", "login")]
# So many sessions, the newest first, show the number of everyone who is still about.
SESSIONS = 5000
DAY = 24 * 3600 * MICROSECONDS


@dataclass(frozen=True)
class People:
    """Names by number; and who is behind a session (boot and number) or request of the login of deploys."""

    names: Mapping[str, str]
    sessions: Mapping[tuple[str, str], str]
    # The same request may come again, of another person: with when each came, in order of time.
    requests: Mapping[str, Sequence[tuple[int, str]]]

    def named(self, act: Act, session: tuple[str, str] = ("", "")) -> Act:
        """The act, with the person for a number, and for the login of deploys."""
        who = self.names.get(act.who[4:], act.who) if act.who.startswith("uid ") else act.who
        if who == "deploy" and session in self.sessions:
            who = self.sessions[session]
        return act if who == act.who else replace(act, who=who)

    def is_deploys(self, entry: Entry) -> bool:
        """Whether the account of deploys wrote an entry: its program records who asks, and nobody else may say that."""
        return self.names.get(entry.text("_UID")) == "deploy" and not entry.is_containers

    def of_request(self, act: Act, request: str) -> Act:
        """The act, with who sent its request last before it."""
        asked = [who for time, who in self.requests.get(request, ()) if time <= act.time]
        return replace(act, who=asked[-1]) if asked else act


def people(files: Sequence[Source], begin: int, end: int) -> People:
    """What a host's own entries say of that, up to the end of the time that is asked about."""
    opened = Query(_OPENERS)
    names: dict[str, str] = {"0": "root"}
    # Root's, and those of hosts at their vault, are many, and need no name. Without deploys' own no deploy is known.
    others = r"session opened for user (?!root\(|vault-|deploy\()"
    for grep, last in ((others, SESSIONS), (r"session opened for user deploy\(", 1)):
        for number, name in _opened(files, end, replace(opened, grep=grep), last):
            names.setdefault(number, name)
    sessions: dict[tuple[str, str], str] = {}
    requests: dict[str, list[tuple[int, str]]] = {}
    known = People(names, sessions, requests)
    for entry in _deploys(files, begin, end):
        found = _DEPLOYER.fullmatch(entry.text("MESSAGE"))
        if found is not None and known.is_deploys(entry):
            # journald adds it where its host is no container; the program of that login has read it too.
            session = entry.text("_AUDIT_SESSION") or found.group(3) or ""
            if session != "":
                sessions[(entry.boot, session)] = found.group(1)
            if found.group(2) is not None:
                requests.setdefault(found.group(2), []).append((entry.time, found.group(1)))
    return known


def account_opened(entry: Entry) -> tuple[str, str] | None:
    """The number and the name of an account, where an entry says that a session of it was opened."""
    found = _OPENED.fullmatch(entry.text("MESSAGE")) if entry.is_roots else None
    return None if found is None else (found.group(2), found.group(1))


def _opened(files: Sequence[Source], end: int, query: Query, wanted: int) -> Sequence[tuple[str, str]]:
    """Numbers and names of so many sessions, the newest first.

    Lines of containers, and those in which a client chose such words for a name, are asked for too, as no match leaves
    them out: they take nobody's place, since more is asked for where they are among them.
    """
    asked = wanted
    while True:
        count = 0
        own: list[tuple[str, str]] = []
        for entry in entries(files, 0, end, query, last=asked):
            count += 1
            found = account_opened(entry)
            if found is not None:
                own.append(found)
        if len(own) >= wanted or count < asked:
            return own[:wanted]
        asked *= 16


def _deploys(files: Sequence[Source], begin: int, end: int) -> Iterator[Entry]:
    return entries(files, max(0, begin - DAY), end, Query([["SYSLOG_IDENTIFIER=phiward-deploy"]]))
