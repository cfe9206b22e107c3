"""Logins that failed: one for each connection, and none for whoever was accepted after all.

A host takes a declared key for an account that may log in, and nothing else. The Internet tries names that are
nobody's, and passwords, at every address all day: such a login cannot succeed, bans end it, and it is counted apart.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from phiward_host.detectors.tally import MICROSECONDS, Tally
from phiward_host.records.act import Act
from phiward_host.records.entry import Entry
from phiward_host.records.logins import ADDRESS

# sshd says so of each key that a client offers and that is not declared, before the one that is.
_OFFERED = re.compile(rf"Failed \S+ for \S+ from ({ADDRESS}) port ([0-9]{{1,5}}) ssh2(?:: .*)?")
# sshd's LoginGraceTime: after it, the same port is another connection.
_CONNECTION = 120 * MICROSECONDS
MOST_CONNECTIONS = 10_000


@dataclass
class Failures:
    """Of one host. `people` are names of persons: who guesses at one means them."""

    host: str
    tally: Tally
    people: frozenset[str] = frozenset()
    _connections: OrderedDict[tuple[str, str], int] = field(default_factory=OrderedDict[tuple[str, str], int])

    def failed(self, act: Act, entry: Entry) -> None:
        """Counts it by account, and once for each account by address: one account from many, or many from one.

        A name that is nobody's is not known, and counts each time.
        """
        if act.kind == "login" and not self._is_meant(act):
            self.tally.count("login-impossible", self.host)
            return
        if self._is_same_connection(entry):
            return
        self.tally.count("login-failed", self.host)
        for key in _keys(act):
            once = key == act.from_ and act.who != ""
            self.tally.towards("brute-force", key, self.host, act.time, self._by(act), once=once)

    def succeeded(self, act: Act) -> None:
        """Takes back what the same account failed from the same address just before, and one name that was nobody's.

        It was mistyped. Other accounts' failures stay: whoever has one account hides no guesses at another.
        """
        if act.who == "" or act.from_ == "":
            return
        own, most = self._by(act), self.tally.thresholds["brute-force"].count
        taken = max(self.tally.take_back("brute-force", key, own, act.time, most) for key in _keys(act))
        nobody = self._by(replace(act, who=""))
        taken += self.tally.take_back("brute-force", act.from_, nobody, act.time, 1)
        for _ in range(taken):
            self.tally.count("login-mistyped", self.host)

    def _is_meant(self, act: Act) -> bool:
        """Whether an SSH login is of an account that may log in, by what could be its key, or of a person by name."""
        return act.who != "" and (act.what == "ssh by publickey" or act.who in self.people)

    def _by(self, act: Act) -> str:
        return f"{self.host} {act.kind} {act.who} {act.from_}"

    def _is_same_connection(self, entry: Entry) -> bool:
        found = _OFFERED.fullmatch(entry.text("MESSAGE"))
        if found is None:
            return False
        connection = (found.group(1), found.group(2))
        before = self._connections.pop(connection, None)
        self._connections[connection] = entry.time
        while len(self._connections) > MOST_CONNECTIONS:
            self._connections.popitem(last=False)
        return before is not None and abs(entry.time - before) <= _CONNECTION


def _keys(act: Act) -> list[str]:
    return [key for key in (f"{act.kind} {act.who}" if act.who else "", act.from_) if key != ""]
