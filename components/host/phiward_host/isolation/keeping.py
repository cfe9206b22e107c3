"""What people keep out of this host: each act judged, put on record, carried out, and kept until it is undone."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from phiward_host.common import cli, contained, files, journal, lock, room
from phiward_host.common.contained import Contained, Entry
from phiward_host.common.decode import Fields, as_int, optional
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.who import who
from phiward_host.isolation import acts, blocks, people
from phiward_host.isolation.settings import IsolationSettings

MOST_BYTES = 16 << 10
LONGEST_SECONDS = 366 * 86_400
FLEETING = "it does not last over a restart: nothing can be written on the disk; it is tried again each minute"


@dataclass(frozen=True)
class Asked:
    """Who or what, why, and for how many seconds; None for as long as nobody undoes it."""

    what: str
    why: str
    seconds: int | None

    @classmethod
    def read(cls) -> "Asked":
        """From standard input. Raises Refused."""
        try:
            fields = Fields.of(json.loads(sys.stdin.buffer.read(MOST_BYTES)), "request")
        except (ValueError, RecursionError) as error:
            raise Refused("found no JSON, allowed: an object with what and why") from error
        asked = cls(fields.text("what"), fields.text("why"), fields.read_or("seconds", optional(as_int), None))
        if acts.WHY.fullmatch(asked.why) is None:
            raise Refused("why: found something else, allowed: 1 to 300 printable characters of ASCII")
        if asked.seconds is not None and not 0 < asked.seconds <= LONGEST_SECONDS:
            raise Refused("seconds: found another number, allowed: up to a year's")
        return asked

    def entry(self, keys: tuple[str, ...] = ()) -> Entry:
        return Entry(time.time(), who(), self.why, blocks.until(self.seconds), keys)


def block(asked: Asked, now: Contained) -> list[str]:
    found = blocks.network_of(asked.what)
    blocks.require_strange(found, IsolationSettings.load().kept)
    wanted = blocks.with_network(now, found, asked.entry())
    blocks.load(wanted.networks)
    return _saved(wanted)


def unblock(asked: Asked, now: Contained) -> list[str]:
    found = str(blocks.network_of(asked.what))
    wanted = replace(now, networks={name: one for name, one in now.networks.items() if name != found})
    blocks.load(wanted.networks)
    return _saved(wanted)


def lock_person(asked: Asked, now: Contained) -> list[str]:
    people.require_known(asked.what)
    before = now.people.get(asked.what)
    entry = before or asked.entry(people.keys_of(asked.what))
    wanted = replace(now, people={**now.people, asked.what: entry})
    people.require_administrator(wanted)
    return [*_put(now, wanted), *people.end(asked.what)]


def unlock(asked: Asked, now: Contained) -> list[str]:
    wanted = replace(now, people={name: one for name, one in now.people.items() if name != asked.what})
    return _put(now, wanted)


def revoke(asked: Asked, now: Contained) -> list[str]:
    key = _key(asked.what)
    wanted = replace(now, keys={**now.keys, key: now.keys.get(key) or asked.entry()})
    people.require_administrator(wanted)
    trouble = _put(now, wanted)
    # Sessions may have been opened by it.
    holders = [name for name in people.rights() if key in people.keys_of(name) and name != who()]
    return [*trouble, *(line for name in holders for line in people.end(name))]


def unrevoke(asked: Asked, now: Contained) -> list[str]:
    key = _key(asked.what)
    wanted = replace(now, keys={name: one for name, one in now.keys.items() if name != key})
    return _put(now, wanted)


def kill_sessions(asked: Asked, _: Contained) -> list[str]:
    if asked.what:
        people.require_known(asked.what)
    ended, trouble = people.end_sessions(asked.what or None, who())
    journal.record(
        "containment", f"sessions ended of: {', '.join(ended) or 'nobody'}", who=who(), what="sessions ended"
    )
    return trouble


def _put(now: Contained, wanted: Contained) -> list[str]:
    """On record first: cut off here, the rest follows within a minute. What is not accepted is taken back.

    Returns what could not be done, a sentence each.
    """
    trouble = _saved(wanted)
    try:
        people.write(wanted)
    except Failed:
        contained.save(now)
        raise
    except OSError as error:
        trouble.append(f"SSH and sudo do not know of it yet: {error.strerror}; it is tried again each minute")
    return trouble


def _saved(wanted: Contained) -> list[str]:
    return [] if contained.save(wanted) else [FLEETING]


def _key(text: str) -> str:
    key = contained.key_of(text)
    if key is None:
        raise Refused(
            "revoke: found something else, allowed: a public key, type and base64, as in a line of authorized keys"
        )
    return key


ACTS: Mapping[str, Callable[[Asked, Contained], list[str]]] = MappingProxyType(
    {
        "block": block,
        "unblock": unblock,
        "lock": lock_person,
        "unlock": unlock,
        "revoke": revoke,
        "unrevoke": unrevoke,
        "kill-sessions": kill_sessions,
    }
)


def act(verb: str) -> int:
    """Does one of them. Prints as JSON how long it took, what is kept out now, and what could not be done."""
    began, asked, by = time.monotonic(), Asked.read(), who()
    shown = contained.fingerprint(asked.what) if "revoke" in verb else asked.what
    with lock.hold(acts.LOCK, verb, acts.LOCK_SECONDS):
        _record(verb, shown, asked.why, by, "begun")
        try:
            trouble = ACTS[verb](asked, contained.load())
        except BaseException:
            _record(verb, shown, asked.why, by, "failure")
            raise
        _record(verb, shown, asked.why, by, "failure" if trouble else "success")
    if verb == "lock":
        # Nobody waits for an application to isolate the host.
        failed = people.end_in_applications(asked.what)
        trouble += failed
        for sentence in failed:
            _record("end in applications", shown, sentence, by, "failure")
    seconds = round(time.monotonic() - began, 3)
    print(json.dumps({"seconds": seconds, "kept": contained.known().words(), "notDone": trouble}), flush=True)
    return cli.DONE


def settle() -> None:
    """Has in force what is on record, and ends what is over. Raises Failed."""
    # Else what somebody undoes meanwhile would be done again.
    with lock.hold(acts.LOCK, "keep", acts.LOCK_SECONDS):
        now = contained.load()
        if files.exists(contained.in_memory()):
            contained.save(now)
        blocks.settle(now)
        people.settle(now)
        room.set_aside_if_any()


def blocks_at_boot() -> int:
    blocks.load(contained.known().networks)
    return cli.DONE


def _record(verb: str, what: str, why: str, by: str, outcome: str) -> None:
    message = f"{by}: {verb} {what}: {outcome}: {why}".replace("  ", " ")
    journal.record("containment", message, who=by, what=f"{verb} {what}".strip(), why=why, outcome=outcome)
