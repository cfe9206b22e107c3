"""`phiward.pyz detectors watch`: an account of its own runs it, while the vault runs; `looked` is a check's."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, memory
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.detectors import watch
from phiward_host.detectors.looked import looked
from phiward_host.detectors.settings import DetectorSettings

LOG = RootLog("detectors")
VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "watch": lambda: watch.watch(DetectorSettings.load()),
        "looked": lambda: looked(DetectorSettings.load()),
    }
)


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    memory.bound()
    return cli.main("the program of detectors", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    work, rest = cli.choose(words, VERBS, ", ".join(VERBS))
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    return work()
