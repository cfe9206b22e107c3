"""The agent's own copy on the host, `agent.pyz`: it confirms and rolls back.

Apart from the agent that answers requests, since each guarded change of each deploy starts this one.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Sequence

from phiward_host.agent import confirm, retry
from phiward_host.common import cli
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog

LOG = RootLog("agent")


def run_words(words: Sequence[str]) -> int:
    """Runs `confirm` (reads `UNIT SHA256`), `rollback UNIT SHA256` or `recover UNIT|any|--boot`."""
    return cli.main("the agent", LOG, lambda: answer_words(words))


def answer_words(words: Sequence[str]) -> int:
    match list(words):
        case ["confirm"]:
            unit, digest = sys.stdin.read().split()
            tell(confirm.confirm(unit, digest))
        case ["rollback", unit, digest]:
            return rolled_back(lambda: confirm.rollback(unit, digest))
        case ["recover", which]:
            return rolled_back(lambda: confirm.recover(which))
        case _:
            raise Refused("usage: agent.pyz confirm | rollback UNIT SHA256 | recover UNIT | recover --boot")
    return cli.DONE


def rolled_back(work: Callable[[], None]) -> int:
    """The exit code of a roll-back, by which systemd knows whether to try again."""
    try:
        work()
    except confirm.LeftOver as left:
        cli.complain(str(left))
        return retry.LEFT_OVER
    return cli.DONE


def tell(answer: object) -> None:
    # The connection may be gone; the work is done all the same.
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(answer, separators=(",", ":")), flush=True)
