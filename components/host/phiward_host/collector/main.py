"""`phiward.pyz collector VERB`: `send` is an account's of its own; `watch` a job's, `answers` and `sent` checks'."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.collector import send, watch
from phiward_host.collector.settings import CollectorSettings
from phiward_host.common import cli, memory
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog

LOG = RootLog("collector")
VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "send": lambda: send.send(CollectorSettings.load()),
        "watch": lambda: watch.watch(CollectorSettings.load(), LOG),
        "answers": lambda: watch.answers(CollectorSettings.load()),
        "sent": lambda: watch.sent(CollectorSettings.load()),
    }
)


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    # The sender has nothing to clean up: to systemd, what ends by the signal itself was stopped and did not fail.
    if list(words) != ["send"]:
        cli.end_on_sigterm()
    memory.bound()
    return cli.main("the collector's program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    work, rest = cli.choose(words, VERBS, ", ".join(VERBS))
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    return work()
