"""The table of nftables by which the host is isolated: loaded in one transaction, from a file that is there beforehand.

Nothing here writes to a disk: what a program says where it fails goes nowhere, and how it ended into the message.
"""

import ipaddress
import socket
from collections.abc import Sequence

from phiward_host.common import files, process
from phiward_host.common.errors import Failed

RULES = "/etc/phiward/isolation.nft"
TABLE = ("inet", "phiward_isolation")
SECONDS = 60.0


def load(vault: Sequence[str]) -> None:
    """Puts the table in place whole, or leaves what there is; `vault` are addresses to add to the declared one.

    Raises Failed and OSError.
    """
    text = files.read_text(RULES) + "".join(map(_element, vault))
    done = process.run(["nft", "--file", "-"], stdin=text, timeout=SECONDS)
    if done.code != 0:
        raise Failed(f"the firewall did not take the table: {process.ended('nft', done.code, done.stderr)}")


def is_loaded() -> bool:
    """Whether the kernel has it. Raises Failed where it does not say."""
    done = process.run(["nft", "list", "chain", *TABLE, "leaves"], timeout=SECONDS)
    if done.code in (process.NOT_FOUND, process.TIMED_OUT):
        raise Failed(f"the firewall does not say what it holds: {process.ended('nft', done.code)}")
    return done.code == 0


def drop() -> None:
    """Takes the table away; one that is not there is no error. Raises Failed."""
    lines = "".join(f"{verb} table {' '.join(TABLE)}\n" for verb in ("add", "delete"))
    done = process.run(["nft", "--file", "-"], stdin=lines, timeout=SECONDS)
    if done.code != 0:
        raise Failed(f"the firewall did not give up the table: {process.ended('nft', done.code, done.stderr)}")


def addresses_of(name: str) -> tuple[str, ...]:
    """The addresses of a vault that is declared by its name; none of one that is declared by its address.

    None where nobody answers: those that were found before count on.
    """
    try:
        ipaddress.ip_address(name)
    except ValueError:
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except OSError:
            return ()
        return tuple(sorted({str(entry[4][0]) for entry in found}))
    return ()


def _element(address: str) -> str:
    known = ipaddress.ip_address(address)
    return f"add element {' '.join(TABLE)} vault{known.version} {{ {known} }}\n"
