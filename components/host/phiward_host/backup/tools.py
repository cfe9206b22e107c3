"""What all parts of the backups share: their log, and running programs that take as long as the data is large."""

import json
import time
from collections.abc import Collection, Mapping, Sequence

from phiward_host.common import process
from phiward_host.common.log import RootLog
from phiward_host.common.process import Completed

# What tools print may hold patients' data: sentences for people carry names and paths only, all else goes here.
LOG = RootLog("backup")


def call(
    argv: Sequence[str],
    *,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: Collection[int] = (),
) -> Completed:
    """Runs a program without a time limit; what it prints when it fails goes to the log."""
    return process.logged(argv, LOG, stdin=stdin, timeout=None, env=env, pass_fds=pass_fds)


def must(
    what: str,
    argv: Sequence[str],
    *,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: Collection[int] = (),
) -> str:
    """Standard output of a program that has to succeed. Raises Failed; `what` says what could not be done."""
    return process.must(what, argv, LOG, stdin=stdin, timeout=None, env=env, pass_fds=pass_fds)


def json_lines(text: str) -> list[object]:
    """The values of a text with one JSON value a line; a name in it may hold other characters that break lines."""
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def utc_now() -> str:
    """The time, as status files and records hold it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
