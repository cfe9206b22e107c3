"""What people and applications do otherwise than usual: from where, when as root, and how much they read."""

import ipaddress
import re
import time
from dataclasses import dataclass, field

from phiward_host.common.decode import Fields
from phiward_host.detectors.callers import Callers
from phiward_host.detectors.seen import Seen
from phiward_host.detectors.settings import DetectorSettings
from phiward_host.detectors.tally import MICROSECONDS, Tally
from phiward_host.detectors.usual import Usual
from phiward_host.records.act import Act

# Acts of an hour below which nothing is too much: of one user, and of all users by one action.
FLOOR_OF_USER, FLOOR_OF_ACTION = 200, 1000
# What a provider gives to one customer, and less than what it gives to a city.
_PREFIX = {4: 24, 6: 48}
# By what an application calls it: `login`, `login.password`, `user.login`.
_LOGIN = re.compile(r"[\w-]+: (?:[\w-]+\.)?log-?in\b.*", re.IGNORECASE)
# Who works late today is there two hours later than yesterday.
_HOURS_ALIKE = (-2, -1, 1, 2)


@dataclass
class Habits:
    """Of one host. What it learns is kept over restarts."""

    host: str
    settings: DetectorSettings
    tally: Tally
    networks: Seen = field(default_factory=Seen)
    hours: Seen = field(default_factory=Seen)
    users: Usual = field(default_factory=lambda: Usual(FLOOR_OF_USER))
    actions: Usual = field(default_factory=lambda: Usual(FLOOR_OF_ACTION))
    callers: Callers = field(init=False)

    def __post_init__(self) -> None:
        self.callers = Callers(self.host, self.tally)

    def take(self, act: Act) -> None:
        """Counts what an act that succeeded is besides, and what whoever has no login was denied."""
        if act.kind == "application" and act.outcome == "denied" and act.who == "" and not is_login(act):
            self.callers.denied(act)
        if act.outcome != "success":
            return
        if act.kind == "login":
            self._login(act)
        if act.kind == "privilege" and act.who in self.settings.people:
            self._privilege(act)
        if act.kind == "application":
            self._application(act)

    def as_json(self) -> object:
        learned = {"networks": self.networks, "hours": self.hours, "users": self.users, "actions": self.actions}
        return {**{name: each.as_json() for name, each in learned.items()}, "callers": self.callers.as_json()}

    def learn(self, fields: Fields) -> None:
        """What was kept. Raises Refused where it is of another form."""
        self.networks.learn(fields.child("networks"))
        self.hours.learn(fields.child("hours"))
        self.users.learn(fields.child("users"))
        self.actions.learn(fields.child("actions"))
        # An earlier version kept none.
        if fields.has("callers"):
            self.callers.learn(fields.child("callers"))

    def _login(self, act: Act) -> None:
        # Machines and deploys come from where they are; the account for emergencies has an event of its own.
        network = self._network_of(act.from_)
        if act.who not in self.settings.people or network is None:
            return
        if self.networks.is_news(act.who, network, act.time // MICROSECONDS):
            self.tally.count("new-network", self.host)

    def _privilege(self, act: Act) -> None:
        now = act.time // MICROSECONDS
        hour = time.gmtime(now).tm_hour
        if self.hours.is_news(act.who, str(hour), now, [str((hour + each) % 24) for each in _HOURS_ALIKE]):
            self.tally.count("odd-hour", self.host)

    def _application(self, act: Act) -> None:
        service, _, rest = act.what.partition(": ")
        action = rest.partition(" ")[0]
        if act.who != "":
            self.callers.acted(act)
        if act.who != "" and self.users.is_too_much(f"{service} {act.who}", act.time):
            self.tally.count("unusual-user", self.host)
        if action != "" and self.actions.is_too_much(f"{service} {action}", act.time):
            self.tally.count("unusual-action", self.host)

    def _network_of(self, address: str) -> str | None:
        """None for an administrators' network, from which nobody is news."""
        try:
            there = ipaddress.ip_address(address)
        except ValueError:
            return None
        if any(there in ipaddress.ip_network(network) for network in self.settings.networks):
            return None
        return str(ipaddress.ip_network((there, _PREFIX[there.version]), strict=False))


def is_login(act: Act) -> bool:
    """Whether it is a login at an application."""
    return act.kind == "application" and _LOGIN.fullmatch(act.what) is not None
