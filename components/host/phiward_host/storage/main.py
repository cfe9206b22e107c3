"""`phiward.pyz storage settle|settled SETTINGS.json`: homes have a file system of their own, of one size.

`settle` makes, grows and mounts it, and runs at each start of the host as well; `settled` only looks. What is refused
is refused before anything is changed.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, files
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.storage import homes
from phiward_host.storage.tools import LOG

USAGE = "storage settle SETTINGS.json | storage settled SETTINGS.json"


def main(words: Sequence[str]) -> int:
    """Exit code 0: done, or all as declared. 1: it failed, or something is not as declared."""
    return cli.main("the program for homes", LOG, lambda: _main(words))


def _settled(size: int) -> int:
    found = homes.faults(size)
    for sentence in found:
        cli.complain(sentence)
    return cli.FAILED if found else cli.DONE


def _settle(size: int) -> int:
    homes.settle(size)
    return cli.DONE


ACTIONS: Mapping[str, Callable[[int], int]] = MappingProxyType({"settle": _settle, "settled": _settled})


def _main(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if len(rest) != 1:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    try:
        settings = Fields.of(files.read_json(rest[0]), "settings")
        return action(Fields.of(settings.values.get("homes"), "settings.homes").integer("megabytes") << 20)
    except OSError as error:
        raise Failed(f"{error.filename or homes.HOMES}: {error.strerror}") from error
