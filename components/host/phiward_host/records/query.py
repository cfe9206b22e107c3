"""Entries of a host's journals in order of time: journalctl looks in its own index, and is read as it prints."""

import re
import resource
import subprocess
from collections.abc import Iterator, Sequence

from phiward_host.common import process
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.records import sources
from phiward_host.records.act import Query
from phiward_host.records.entry import FIELDS, Entry, read_entry
from phiward_host.records.sources import Source

LOG = RootLog("records")
MICROSECONDS = 1_000_000
# Descriptors besides those of journals.
SPARE_DESCRIPTORS = 64
# With --grep, journalctl(1) ends so where nothing matches.
NOTHING_FOUND = 1


def entries(
    files: Sequence[Source], begin: int, end: int, query: Query, names: Sequence[str] = (), last: int | None = None
) -> Iterator[Entry]:
    """What a host's journals have from `begin` to before `end`, in microseconds.

    `names`: only messages with one of these texts. `last`: only so many, the newest first. Raises Failed.
    """
    if not files:
        return
    host = files[0].host
    _allow_descriptors(len(files))
    with sources.opened(files, begin, end) as descriptors:
        if not descriptors:
            return
        argv = _argv(descriptors, begin, end, query, names, last)
        with LOG.open() as complaints:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=process.environment({"TZ": "UTC"}),
                cwd="/",
                pass_fds=descriptors,
            )
        count = 0
        try:
            if child.stdout is not None:
                for line in child.stdout:
                    entry = read_entry(host, line)
                    if entry is not None and begin <= entry.time < end:
                        count += 1
                        yield entry
            code = child.wait()
        finally:
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
        if code != 0 and not (code == NOTHING_FOUND and count == 0 and "--grep" in " ".join(argv)):
            raise Failed(
                f"the journals of {host} could not be read to the end (journalctl exited {code}); see {LOG.path}"
            )


def _argv(
    descriptors: Sequence[int], begin: int, end: int, query: Query, names: Sequence[str], last: int | None
) -> Sequence[str]:
    pattern = _pattern(query.grep, names)
    return [
        "journalctl",
        *("--no-pager", "--quiet", "--output=json", f"--output-fields={','.join(FIELDS)}"),
        # By descriptor: whoever owns the directory cannot have another file read in its place.
        *(f"--file=/proc/self/fd/{descriptor}" for descriptor in descriptors),
        f"--since=@{begin // MICROSECONDS}",
        f"--until=@{-(-end // MICROSECONDS)}",
        *(() if pattern == "" else (f"--grep={pattern}", "--case-sensitive=yes")),
        *(() if last is None else ("--reverse", f"--lines={last}")),
        *" + ".join(" ".join(group) for group in query.matches).split(),
    ]


def _pattern(grep: str, names: Sequence[str]) -> str:
    """A pattern of PCRE2 that a message matches which matches `grep` and has one of the names."""
    parts = [grep] if grep != "" else []
    if names:
        parts.append("|".join(re.escape(name) for name in names))
    return (
        parts[0]
        if len(parts) == 1
        else "".join(f"(?s)^(?=.*(?:{part}))" if i == 0 else f"(?=.*(?:{part}))" for i, part in enumerate(parts))
    )


def _allow_descriptors(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(count + SPARE_DESCRIPTORS, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
