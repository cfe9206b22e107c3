"""Whom fail2ban lists as banned, and nobody refuses.

fail2ban keeps its bans in a list of its own, and in a table of nftables or as files that the web server looks for. It
does not look whether the second is still there; a restart of its jails makes it again.
"""

import ast
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from phiward_host.common import files, process
from phiward_host.common.decode import Fields, as_list, as_strs, dict_of, list_of
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog

LOG = RootLog("fail2ban")
TABLE = ("inet", "f2b-table")
# components/config/names.ts, BANNED_CLIENTS.
CLIENTS = "/run/phiward-clients"
# A ban is in the list a moment before it is in the table.
SETTLE_SECONDS = 2


@dataclass(frozen=True)
class Table:
    """The members of each set of fail2ban's table, and the sets whose members a rule of its chain refuses."""

    sets: Mapping[str, Sequence[str]]
    refused: frozenset[str]

    def refuses(self, jail: str, address: str) -> bool:
        name = f"addr{'6' if ':' in address else ''}-set-{jail}"
        return name in self.refused and address in self.sets.get(name, ())


def not_refused() -> list[tuple[str, str]]:
    """Jails and addresses that fail2ban lists and nobody refuses. Raises Failed where it is not asked."""
    found = _missing()
    if found:
        time.sleep(SETTLE_SECONDS)
        found = _missing()
    return found


def jails_of(address: str) -> list[str]:
    """The jails that ban an address. Raises Failed where fail2ban cannot be asked."""
    return [jail for jail, banned in _banned() if banned == address]


def by_jail() -> dict[str, list[str]]:
    """The addresses that each jail bans, the newest ban first. Raises Failed where fail2ban cannot be asked."""
    jails: dict[str, list[str]] = {}
    for jail, address in reversed(_banned()):
        jails.setdefault(jail, []).append(address)
    return jails


def is_refused(jail: str, address: str) -> bool:
    """Whether a jail's ban of an address is in effect."""
    return _is_file(jail, address) or _table().refuses(jail, address)


def _missing() -> list[tuple[str, str]]:
    banned = _banned()
    # Without a ban there need not be a table.
    table = _table() if banned else Table({}, frozenset())
    return [
        (jail, address) for jail, address in banned if not (_is_file(jail, address) or table.refuses(jail, address))
    ]


def _is_file(jail: str, address: str) -> bool:
    """Whether the web server finds the address among those of a jail that it acts for."""
    return files.is_file(f"{CLIENTS}/{jail}/{address}")


def _banned() -> list[tuple[str, str]]:
    answer = process.must("", ["fail2ban-client", "banned"], LOG)
    try:
        rows = list_of(dict_of(as_strs))(ast.literal_eval(answer.strip()), "fail2ban-client banned")
    except (SyntaxError, ValueError) as error:
        raise Failed(f"fail2ban-client banned: its answer is not understood ({type(error).__name__})") from error
    return [(jail, address) for row in rows for jail, addresses in row.items() for address in addresses]


def _table() -> Table:
    done = process.run(["nft", "--json", "list", "table", *TABLE])
    if done.code != 0:
        return Table({}, frozenset())
    items = list_of(Fields.of)(Fields.of(json.loads(done.stdout), "nft").values["nftables"], "nft")
    sets: dict[str, list[str]] = {}
    hooked: set[str] = set()
    for item in items:
        if item.has("set"):
            one = item.child("set")
            sets[one.text("name")] = [_address(member) for member in _list(one.values.get("elem"))]
        if item.has("chain") and item.child("chain").values.get("hook") == "input":
            hooked.add(item.child("chain").text("name"))
    rules = [item.child("rule") for item in items if item.has("rule")]
    refused = {name for rule in rules if rule.text("chain") in hooked for name in _refused(_list(rule.values["expr"]))}
    return Table(sets, frozenset(refused))


def _refused(expressions: Sequence[object]) -> Iterator[str]:
    """The sets that a rule matches by the sender, where it ends in a refusal."""
    rows = [Fields.of(expression, "nft rule") for expression in expressions]
    if any(row.has(verdict) for row in rows for verdict in ("drop", "reject")):
        for row in rows:
            right = row.child("match").values.get("right") if row.has("match") else None
            if isinstance(right, str) and right.startswith("@"):
                yield right[1:]


def _address(member: object) -> str:
    """A member of a set as fail2ban writes it; one of another form, such as a range, as nothing that it would ban."""
    if isinstance(member, str):
        return member
    prefix = Fields.of(member, "nft set").values.get("prefix")
    if prefix is None:
        return ""
    network = Fields.of(prefix, "nft set.prefix")
    return f"{network.text('addr')}/{network.integer('len')}"


def _list(value: object) -> Sequence[object]:
    # A set without members has none.
    return [] if value is None else as_list(value, "nft")
