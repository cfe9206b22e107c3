"""`phiward.pyz incidents VERB`: `keep` takes entries that people send, `show` prints those that are kept."""

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, lock, memory
from phiward_host.common.errors import Refused
from phiward_host.duties.main import LOCK_SECONDS, lines_on_stdin
from phiward_host.incidents import kept


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    memory.bound()
    return cli.main("the program of incidents", kept.LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    work, rest = cli.choose(words, VERBS, ", ".join(VERBS))
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    # That of duties: both verify signatures by one file.
    with lock.hold("duties.lock", words[0], LOCK_SECONDS):
        return work()


def keep() -> int:
    """Reads entries on standard input, and prints how many were new as JSON."""
    print(json.dumps({"new": kept.take(lines_on_stdin())}), flush=True)
    return cli.DONE


def show() -> int:
    """Prints the lines that are kept, as they came."""
    for text in kept.texts():
        print(text)
    return cli.DONE


VERBS: Mapping[str, Callable[[], int]] = MappingProxyType({"keep": keep, "show": show})
