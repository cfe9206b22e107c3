"""What one address tries from outside: paths of other programs, which only scanners ask for, SQL, and closed ports."""

import re
from collections import OrderedDict
from dataclasses import dataclass, field

from phiward_host.detectors.tally import MICROSECONDS, MOST_KEYS, Tally
from phiward_host.records.entry import Entry
from phiward_host.records.logins import ADDRESS

# nginx's own line (components/edge/nginx/mainText.ts), no field of which is text that a client chose.
_REQUEST = re.compile(rf"client=({ADDRESS}) id=\S* site=\S* route=(\S*) .* asks=(\S*) tries=(\S*) .*")
# The kernel's line of what UFW drops, by its own prefix; UFW has three a minute logged, and ten at once.
_BLOCKED = re.compile(
    rf"\[UFW (?:LIMIT )?BLOCK\] IN=\S+ OUT= .*?SRC=({ADDRESS}) DST=\S+ .*? SPT=[0-9]+ DPT=([0-9]+) .*"
)


@dataclass
class Attempts:
    """Of one host, by the address that they come from."""

    host: str
    tally: Tally
    # By address, when each closed port was tried last.
    _ports: OrderedDict[str, dict[str, int]] = field(default_factory=OrderedDict[str, dict[str, int]])

    def take(self, entry: Entry) -> None:
        if entry.text("_TRANSPORT") == "kernel":
            blocked = _BLOCKED.match(entry.text("MESSAGE"))
            if blocked is not None:
                self._knock(blocked[1], blocked[2], entry.time)
        if entry.text("_SYSTEMD_UNIT") == "nginx.service" and entry.text("SYSLOG_IDENTIFIER") == "nginx":
            request = _REQUEST.fullmatch(entry.text("MESSAGE"))
            if request is not None:
                self._ask(request, entry.time)

    def _ask(self, request: re.Match[str], time: int) -> None:
        address, route, asks, tries = request.groups()
        # A path of a declared service may well look like one of another program.
        if route in ("", "-") and asks == "probe":
            self.tally.towards("web-scan", address, self.host, time)
        if tries == "sql":
            self.tally.towards("sql-injection", address, self.host, time)

    def _knock(self, address: str, port: str, time: int) -> None:
        threshold = self.tally.thresholds["port-scan"]
        oldest = time - threshold.seconds * MICROSECONDS
        tried = {each: when for each, when in self._ports.pop(address, {}).items() if when >= oldest}
        tried[port] = time
        if len(tried) >= threshold.count:
            # It takes as many again to count once more.
            self.tally.count("port-scan", self.host)
            return
        self._ports[address] = tried
        while len(self._ports) > MOST_KEYS:
            self._ports.popitem(last=False)
