"""All that is looked at, in the order in which it would be gone (RFC 3227, 2.1), each within a time and a size."""

from phiward_host.evidence import docker, held, judged, kernel_memory, logs, reading, tools, volatile
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.running import Source
from phiward_host.evidence.sink import Sink

MEGABYTE = 1 << 20


def kept_journal(sink: Sink, asked: Asked) -> None:
    """What another host sent of its journal, from the newest entry back: the host itself cannot be asked."""
    sink.item("journal", f"the journal of {asked.of}, as this host keeps it; journalctl --output=export --reverse")
    names = [name for name in reading.names(REMOTE) if name.startswith((f"remote-{asked.of}.", f"remote-{asked.of}@"))]
    files = [f"--file={REMOTE}/{name}" for name in names]
    if not files:
        sink.end("there is none")
        return
    argv = ("journalctl", "--no-pager", "--quiet", "--output=export", "--reverse", f"--since=@{int(asked.since)}")
    sink.end(tools.copy(sink, *argv, *files, seconds=60, most=256 * MEGABYTE), files=names)


def kept_files(sink: Sink, asked: Asked) -> None:
    """Which sealed sessions and copies this host keeps of the other: by name, size and time."""
    sink.item("kept", f"/srv/vault/{asked.of} and the journal's files: names, sizes, times")
    for path, found in reading.walk([REMOTE, f"/srv/vault/{asked.of}"], most=200_000):
        sink.line(reading.described(path, found))
    sink.end()


REMOTE = "/var/log/journal/remote"
OF_HOST = (
    Source("memory", volatile.memory, 5, 8 * MEGABYTE),
    Source("processes", volatile.processes, 60, 128 * MEGABYTE),
    Source("sockets", volatile.sockets, 30, 64 * MEGABYTE),
    Source("firewall", volatile.firewall, 20, 32 * MEGABYTE),
    Source("kernel", volatile.kernel, 20, 32 * MEGABYTE),
    Source("containers", docker.containers, 35, 64 * MEGABYTE),
    Source("container-files", docker.container_files, 20, 64 * MEGABYTE),
    Source("journal", logs.journal, 60, 64 * MEGABYTE),
    Source("logins", logs.logins, 10, 8 * MEGABYTE),
    Source("audit", logs.audit, 15, 32 * MEGABYTE),
    Source("logs", logs.others, 20, 64 * MEGABYTE),
    Source("units", held.units, 40, 16 * MEGABYTE),
    Source("accounts", held.accounts, 5, 8 * MEGABYTE),
    Source("files", held.settings, 40, 128 * MEGABYTE),
    Source("programs", held.programs, 60, 64 * MEGABYTE),
    Source("phiward", held.state, 15, 64 * MEGABYTE),
    Source("packages", held.packages, 10, 32 * MEGABYTE),
    Source("findings", judged.findings, 150, 16 * MEGABYTE),
)
# Of these, so many are processes, connections and the kernel's own state.
QUICK = 5
OF_ANOTHER = (
    Source("journal", kept_journal, 90, 256 * MEGABYTE),
    Source("kept", kept_files, 20, 32 * MEGABYTE),
)


def chosen(asked: Asked) -> tuple[Source, ...]:
    """What this request is answered with. All memory comes after what takes seconds, since it may take hours."""
    if asked.mode == "kept":
        return OF_ANOTHER
    if asked.mode == "findings":
        return tuple(source for source in OF_HOST if source.name == "findings")
    return (*OF_HOST[:QUICK], kernel_memory.source(), *OF_HOST[QUICK:]) if asked.memory else OF_HOST
