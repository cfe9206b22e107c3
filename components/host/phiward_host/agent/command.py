"""Running the commands of a plan."""

from collections.abc import Sequence

from phiward_host.common import process
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.common.text import one_line

COMMAND_SECONDS = 600


def command(unit: str, argv: Sequence[str], *, stdin: str | None = None, timeout: float = COMMAND_SECONDS) -> str:
    """Runs a step's argv and returns its output; a leading `-` on the program allows it to fail.

    Raises Failed otherwise, with the path of the unit's log, where the output is.
    """
    optional, plain = argv[0].startswith("-"), [argv[0].lstrip("-"), *argv[1:]]
    if optional:
        return process.logged(plain, RootLog(unit), stdin=stdin, timeout=timeout).stdout
    return process.must("", plain, RootLog(unit), stdin=stdin, timeout=timeout)


def telling_command(unit: str, argv: Sequence[str]) -> None:
    """Runs a program of the host whose own sentence on standard error repeats no secret. Raises Failed with it."""
    done = process.logged(argv, RootLog(unit), timeout=COMMAND_SECONDS)
    if done.code != 0:
        raise Failed(one_line(done.stderr.strip()).removeprefix("phiward: ") or process.ended(argv[0], done.code))
