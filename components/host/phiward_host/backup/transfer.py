"""From a repository into pg_restore, without a file between them."""

import contextlib
import os
import subprocess
from collections.abc import Generator, Sequence
from typing import IO

from phiward_host.backup.postgres import inside, restore_argv, restore_options
from phiward_host.backup.repository import Repository
from phiward_host.backup.retention import Snapshot
from phiward_host.backup.tools import LOG, call, must
from phiward_host.common import files, process
from phiward_host.common.errors import Failed
from phiward_host.databases.session import ApplicationSession

LIST_ATTEMPTS = 4
# Where a program's output goes.
Output = IO[str] | IO[bytes]


def fill(repository: Repository, dump: Snapshot, new: ApplicationSession) -> None:
    """Restores a dump into a database. Raises Failed unless all of it came through."""
    _fill(repository, dump, new, restore_argv(new))


def fill_some(
    repository: Repository, dump: Snapshot, new: ApplicationSession, entries: Sequence[str], *, as_owner: bool
) -> None:
    """The same of some entries of its contents alone, as the database's owner or as who logs in."""
    with kept_list(new.container, entries) as path:
        options = restore_options(new) if as_owner else ["--exit-on-error", "--single-transaction"]
        _fill(repository, dump, new, new.argv("pg_restore", *options, f"--use-list={path}"))


@contextlib.contextmanager
def kept_list(container: str, entries: Sequence[str]) -> Generator[str]:
    """Path of a list of entries, in the memory of the server's container. Raises Failed."""
    path = must("a temporary file cannot be made", inside(container, ["mktemp"])).strip()
    try:
        must("a list of entries cannot be written", inside(container, ["tee", path]), stdin="\n".join(entries) + "\n")
        yield path
    finally:
        call(inside(container, ["rm", "-f", path]))


def _fill(repository: Repository, dump: Snapshot, new: ApplicationSession, argv: Sequence[str]) -> None:
    with LOG.open() as output:
        restored, dumped = _piped(repository, dump, argv, output, output)
    if (restored, dumped) != (0, 0):
        raise Failed(
            f"database {new.database}: the dump cannot be restored (pg_restore exited with status {restored}, "
            f"restic with status {dumped}); their output is in {LOG.path} on the host"
        )


def restore_some(repository: Repository, dump: Snapshot, new: ApplicationSession, list_file: str) -> bool:
    """Restores the entries of a list, none with data. Returns whether each came through; the others are in the log."""
    argv = new.argv("pg_restore", f"--use-list={list_file}")
    with LOG.open() as output:
        return _piped(repository, dump, argv, output, output)[0] == 0


def listing(repository: Repository, dump: Snapshot, container: str) -> list[str]:
    """The table of contents of a dump, an entry a line. Raises Failed.

    pg_restore ends once it has read that, while more of the dump is on its way. Docker then closes the connection with
    that unread, which now and then reaches its client as an error before it knows how pg_restore ended: so it is asked
    again.
    """
    restored, dumped = 0, 0
    for _ in range(LIST_ATTEMPTS):
        with LOG.open() as output, os.fdopen(files.in_memory("listing", b""), "w+b") as kept:
            restored, dumped = _piped(repository, dump, inside(container, ["pg_restore", "--list"]), kept, output)
            kept.seek(0)
            if restored == 0:
                return kept.read().decode("utf-8", "replace").split("\n")
    raise Failed(
        f"the contents of a dump cannot be listed (pg_restore exited with status {restored}, restic with status "
        f"{dumped}); their output is in {LOG.path} on the host"
    )


def _piped(
    repository: Repository, dump: Snapshot, argv: Sequence[str], output: Output, errors: Output
) -> tuple[int, int]:
    """The exit codes of the program that read the dump, and of restic: it fails too where all of it was not read."""
    environment = process.environment()
    source = subprocess.Popen(
        repository.argv("dump", dump.id, dump.paths[0]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
        cwd="/",
        pass_fds=repository.password.descriptors,
    )
    target = subprocess.Popen(argv, stdin=source.stdout, stdout=output, stderr=errors, env=environment, cwd="/")
    if source.stdout is not None:
        # So that restic ends where pg_restore does.
        source.stdout.close()
    return target.wait(), source.wait()
