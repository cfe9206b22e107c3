"""`phiward.pyz monitor VERB`: `ready` is the deploy's; `silence` and `silences` are those of whoever is on call."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.monitor import ready, silence

LOG = RootLog("monitor")
VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "ready": lambda: ready.wait(LOG),
        "silence": lambda: silence.add(LOG),
        "silences": lambda: silence.show(LOG),
    }
)


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    return cli.main("the monitoring's program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    work, rest = cli.choose(words, VERBS, ", ".join(VERBS))
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    return work()
