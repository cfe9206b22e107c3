"""`phiward.pyz duties VERB`: `keep` takes a record that people send, `watch` is the timer's, `done` the checks'."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from phiward_host.common import cli, files, lock, memory
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.duties import kept
from phiward_host.duties.signatures import LOG

SETTINGS = "/etc/phiward/duties.json"
MOST_BYTES = 16 << 20
LOCK_SECONDS = 60.0


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    memory.bound()
    return cli.main("the program of duties", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    work, rest = cli.choose(words, VERBS, ", ".join(VERBS))
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    with lock.hold("duties.lock", words[0], LOCK_SECONDS):
        return work()


def keep() -> int:
    """Reads the record on standard input, and prints how many lines were new as JSON."""
    new = kept.take(lines_on_stdin())
    print(json.dumps({"new": new}), flush=True)
    return cli.DONE


def lines_on_stdin() -> list[str]:
    """The lines of a record that somebody sends. Raises Refused where it is too long, cut or not UTF-8."""
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Refused(f"found more than {MOST_BYTES} bytes, allowed: the record of a stack")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Refused("found what is not UTF-8, allowed: the record of a stack") from None
    if text and not text.endswith("\n"):
        raise Refused("found a line without its end, allowed: a record whose lines all end")
    return text.split("\n")[:-1]


def show() -> int:
    """Prints the lines that are kept, as they came."""
    for text in kept.texts():
        print(text)
    return cli.DONE


def watch() -> int:
    """Raises Failed, which is an alert each day, with the duties that are overdue."""
    found = overdue()
    if found:
        raise Failed(f"overdue: {', '.join(found)}; npx phiward duties says what each is")
    return cli.DONE


def done() -> int:
    """Prints that no duty is overdue. Raises Failed with those that are."""
    watch()
    print("none is overdue", flush=True)
    return cli.DONE


def overdue() -> list[str]:
    """Each duty that was last done longer ago than its days; one that never was, as long after this machine began."""
    wanted = Fields.of(files.read_json(SETTINGS), SETTINGS).items("duties", Fields.of)
    lines, since, today = kept.lines(), kept.since(), datetime.now(UTC).date()
    found: list[str] = []
    for entry in wanted:
        duty, days = entry.text("id"), entry.integer("days")
        last = max((line.on for line in lines if line.duty == duty), default=None)
        if today > (last or since) + timedelta(days=days):
            found.append(f"{duty} (last done {last.isoformat()})" if last else f"{duty} (never done)")
    return found


VERBS: Mapping[str, Callable[[], int]] = MappingProxyType({"keep": keep, "show": show, "watch": watch, "done": done})
