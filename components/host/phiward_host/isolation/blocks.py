"""Networks that are dropped before every other rule, in both directions, in a table of their own."""

import ipaddress
import time
from collections.abc import Iterable, Mapping

from phiward_host.common import contained, process
from phiward_host.common.contained import Contained, Entry, Network
from phiward_host.common.errors import Failed, Refused

TABLE = ("inet", "phiward_blocks")
SECONDS = 60.0
MOST = 1000
# After the table of an isolation, which drops more.
PRIORITY = -490
LARGEST = {4: 8, 6: 16}


def network_of(text: str) -> Network:
    """The network that a text names. Raises Refused for what is none, and for a large part of the Internet."""
    try:
        found = ipaddress.ip_network(text)
    except ValueError as error:
        raise Refused("block: found something else, allowed: an address or a network, such as 192.0.2.0/24") from error
    if found.prefixlen < LARGEST[found.version]:
        raise Refused(f"block: found {found}, allowed: a network no larger than /{LARGEST[found.version]}")
    return found


def require_strange(found: Network, kept: Iterable[str]) -> None:
    """Raises Refused for what administrators, hosts of the stack or this host itself come from."""
    own = contained.overlapping(found, kept)
    if own is not None:
        raise Refused(
            f"block: found {found}, which has {own}: a network of administrators or a host of the stack; allowed: "
            "any other. Nothing was changed"
        )
    if found.is_loopback or found.is_unspecified or found.is_multicast or found.is_link_local:
        raise Refused(f"block: found {found}, allowed: addresses of other machines. Nothing was changed")


def with_network(now: Contained, found: Network, entry: Entry) -> Contained:
    if len(now.networks) >= MOST:
        raise Refused(f"block: found {MOST} networks that are blocked already; undo some with npx phiward unblock")
    return Contained(now.people, now.keys, {**now.networks, str(found): entry})


def load(networks: Mapping[str, Entry]) -> None:
    """Has exactly these dropped, in one transaction. Raises Failed."""
    rows = [f"{ipaddress.ip_network(name)}" for name in networks]
    text = f"add table {' '.join(TABLE)}\ndelete table {' '.join(TABLE)}\n"
    if rows:
        text += (
            f"table {' '.join(TABLE)} {{\n{_chain('arrives', 'prerouting', rows)}{_chain('leaves', 'output', rows)}}}\n"
        )
    done = process.run(["nft", "--file", "-"], stdin=text, timeout=SECONDS)
    if done.code != 0:
        raise Failed(f"the firewall did not take the blocked networks: {process.ended('nft', done.code, done.stderr)}")


def settle(now: Contained) -> None:
    """Has dropped what is on record, and no more: of what ended, nothing is left within a minute. Raises Failed."""
    done = process.run(["nft", "list", "table", *TABLE], timeout=SECONDS)
    is_there = done.code == 0
    dropped = {
        line.split()[2] for line in done.stdout.splitlines() if line.strip().endswith(" drop") and "saddr" in line
    }
    wanted = {_short(name) for name in now.networks}
    if dropped != wanted or is_there != bool(wanted):
        load(now.networks)


def until(seconds: int | None) -> float:
    return 0.0 if seconds is None else time.time() + seconds


def _short(name: str) -> str:
    # A single address is written without its length by nft(8).
    found = ipaddress.ip_network(name)
    return str(found.network_address) if found.num_addresses == 1 else str(found)


def _chain(name: str, hook: str, rows: Iterable[str]) -> str:
    # What is sent on for others passes prerouting, whichever way it goes.
    words = ("saddr", "daddr") if hook == "prerouting" else ("daddr",)
    lines = [f"\t\t{'ip6' if ':' in row else 'ip'} {word} {row} drop\n" for row in rows for word in words]
    return f"\tchain {name} {{\n\t\ttype filter hook {hook} priority {PRIORITY}; policy accept;\n{''.join(lines)}\t}}\n"
