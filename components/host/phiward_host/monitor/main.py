"""`phiward.pyz monitor VERB`: `ready` is the deploy's, `page` a unit's; all others are those of whoever is on call."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.monitor import published, ready, silence

LOG = RootLog("monitor")
VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "now": lambda: published.show_now(LOG),
        "page": published.make,
        "ready": lambda: ready.wait(LOG),
        "silence": lambda: silence.add(LOG),
        "silences": lambda: silence.show(LOG),
        "shown": lambda: published.show_page(LOG),
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
