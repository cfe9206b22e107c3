"""`phiward.pyz isolation VERB`: people `isolate` and `unisolate`; systemd and deploys start the others."""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from phiward_host.common import cli, isolated, room
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.isolated import LOG
from phiward_host.common.who import who
from phiward_host.isolation import acts, groups, keeping, left, orders, table
from phiward_host.isolation.settings import IsolationSettings

MOST_BYTES = 4096


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    groups.first_of_all()
    return cli.main("the program of isolation", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    at_vault = {"leave": left.leave, "carried": left.carried}.get(words[0] if len(words) == 2 else "")
    if at_vault is not None:
        return at_vault(words[1])
    if words and words[0] in keeping.ACTS and len(words) == 1:
        return keeping.act(words[0])
    work, rest = cli.choose(words, VERBS, f"leave HOST, carried HOST, {', '.join((*keeping.ACTS, *VERBS))}")
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    return work()


def _asked() -> str:
    """The reason, which standard input has as JSON. Raises Refused."""
    try:
        fields = Fields.of(json.loads(sys.stdin.buffer.read(MOST_BYTES)), "request")
    except (ValueError, RecursionError) as error:
        raise Refused("found no JSON, allowed: an object with why") from error
    why = fields.text("why")
    if acts.WHY.fullmatch(why) is None:
        raise Refused("why: found something else, allowed: 1 to 300 printable characters of ASCII")
    return why


def _act(work: Callable[[str, str, float, str], dict[str, object]]) -> int:
    print(json.dumps(work(who(), _asked(), time.time(), "SSH")), flush=True)
    return cli.DONE


def _ready() -> int:
    """Prints that all is there and the host is not isolated. Raises Failed."""
    if isolated.is_isolated():
        raise Failed(f"this host is {isolated.standing().words}")
    if not isolated.is_prepared():
        raise Failed("the file that says whether the host is isolated is not there; deploy again")
    if not room.is_set_aside():
        raise Failed("the room is not set aside by which people are kept out while the disk is full; deploy again")
    if table.is_loaded():
        raise Failed("the table of an isolation that has ended is still there; it goes within a minute")
    print("ready", flush=True)
    return cli.DONE


def _prepare() -> int:
    isolated.prepare()
    room.set_aside()
    return cli.DONE


def _boot() -> int:
    """After the table was loaded, before the network: holds what may not start."""
    return _told(acts.settle())


def _keep() -> int:
    settings = IsolationSettings.load()
    trouble = acts.settle()
    if settings.vault is not None and not isolated.is_isolated():
        known, found = isolated.standing(), table.addresses_of(settings.vault.address)
        if found and found != known.vault:
            isolated.note(replace(known, vault=found))
    keeping.settle()
    orders.ask(settings)
    return _told(trouble)


def _told(trouble: list[str]) -> int:
    if trouble:
        raise Failed("; ".join(trouble))
    return cli.DONE


VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "isolate": lambda: _act(acts.isolate),
        "unisolate": lambda: _act(acts.unisolate),
        "state": acts.state,
        "ready": _ready,
        "prepare": _prepare,
        "boot": _boot,
        "keep": _keep,
        "blocks": keeping.blocks_at_boot,
    }
)
