"""What root starts: the sender of a host, the jobs of a vault, and the questions of checks."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, memory
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.journal import check, send, watch
from phiward_host.journal.settings import RemoteSettings, UploadSettings

LOG = RootLog("journal")
VERBS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "send": lambda: send.send(UploadSettings.load()),
        "arrives": lambda: send.arrives(UploadSettings.load()),
        "watch": lambda: watch.watch(RemoteSettings.load(), LOG),
        "arrived": lambda: watch.arrived(RemoteSettings.load()),
        "check": lambda: check.check(RemoteSettings.load(), LOG),
        "whole": lambda: check.whole(RemoteSettings.load()),
    }
)


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    cli.end_on_sigterm()
    memory.bound()
    return cli.main("the journal's program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    work, rest = cli.choose(words, VERBS, f"receive, {', '.join(VERBS)}")
    if rest:
        raise Refused("found more than one word, allowed: a verb alone")
    return work()
