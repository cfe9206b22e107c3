"""What root starts: the sender of a host, and the question of its check."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, memory
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.metrics import send
from phiward_host.metrics.settings import MetricsSettings

LOG = RootLog("metrics")
VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "send": lambda: send.send(MetricsSettings.load()),
        "arrives": lambda: send.arrives(MetricsSettings.load()),
    }
)


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    memory.bound()
    return cli.main("the program of metrics", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    work, rest = cli.choose(words, VERBS, f"receive, {', '.join(VERBS)}")
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    return work()
