"""Whether root can still write where this host's programs, their settings and their records are.

A file system that a failing disk made read-only, or that is full, lets everything run on and nothing be changed.
"""

from collections.abc import Sequence

from phiward_host.common import cli, files
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog

LOG = RootLog("state")


def main(words: Sequence[str]) -> int:
    """`state writable DIRECTORY…` prints a line for each directory that nothing can be written into."""
    return cli.main("the look at the state", LOG, lambda: _report(words))


def _report(words: Sequence[str]) -> int:
    verb, directories = cli.choose(words, {"writable": not_writable}, "writable DIRECTORY…")
    if not directories:
        raise Refused("found no directory, allowed: writable DIRECTORY…")
    for sentence in verb(directories):
        print(sentence)
    return cli.DONE


def not_writable(directories: Sequence[str]) -> list[str]:
    """What the system says of each of the directories that root cannot write into."""
    found: list[str] = []
    for directory in directories:
        try:
            files.require_writable(directory)
        except OSError as error:
            found.append(f"{directory}: {error.strerror}")
    return found
