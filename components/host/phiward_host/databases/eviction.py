"""Sessions of applications ended from outside a server to which nobody can connect any more.

What all sessions of a PostgreSQL share (its table of locks, places for connections, memory) one application can use up,
and then not even the superuser gets in to end it. Nothing inside the server can. An application that keeps at it is
back within milliseconds: so its sessions are ended again and again, until ours is in.
"""

import contextlib
import os
import re
import signal
import syslog
import threading
import time
from collections.abc import Callable, Generator

from phiward_host.common import docker, files
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.common.process import Completed

# What PostgreSQL says then, in English as our sessions have it.
EXHAUSTED = re.compile(
    "out of shared memory|too many clients already|remaining connection slots are reserved|out of memory"
    "|could not resize shared memory segment|could not fork new process"
)
# A session that came over the network, by the title that the server gives its process: whatever names the client sent,
# its address and port are in it. Ours come over the socket.
REMOTE = re.compile(r"postgres: .* [0-9A-Fa-f.:]+\([0-9]+\)( |$)")
# How often a piece of work is tried; applications can come back at once.
ATTEMPTS = 4
# In so little time no session takes what all of them share.
TICK_SECONDS = 0.01
# What sessions need to end, and the server to give back what they had.
PAUSE_SECONDS = 0.3
# Other applications are kept out as well: for as long as a session of ours needs to have its locks.
MOST_SECONDS = 5.0
PROCESSES = "/proc"
CGROUPS = "/sys/fs/cgroup"
# Of a longer command line, which is no session's title.
MOST_BYTES = 1 << 21


def persistent(container: str, work: Callable[[], Completed]) -> Completed:
    """How a client program ended in a server's container; where applications have used the server up, tried again.

    In each new try they are kept out at its beginning, which goes on record.
    """
    done = work()
    for _ in range(ATTEMPTS - 1):
        if done.code == 0 or EXHAUSTED.search(done.stderr) is None:
            break
        with kept_out(container, []):
            done = work()
    return done


@contextlib.contextmanager
def kept_out(container: str, sentences: list[str]) -> Generator[None]:
    """Ends all sessions that come to a server over the network, for as long as this lasts, and 5 s at most.

    `sentences` gets what was done, which is on record too. Raises Failed where Docker does not say which processes a
    container has.
    """
    processes = _Processes(container)
    ended = [processes.end()]
    stop = threading.Event()
    stop.wait(PAUSE_SECONDS)

    def again() -> None:
        limit = time.monotonic() + MOST_SECONDS
        while time.monotonic() < limit and not stop.wait(TICK_SECONDS):
            ended[0] += processes.end()

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        sentences.append(
            record(
                f"{container}: {ended[0]} sessions of services were ended from outside: they had used up what all "
                "sessions of it share, so that nobody could connect; find out which service it was, and treat it as "
                "compromised"
            )
        )


class _Processes:
    """The processes of a container, as the kernel lists them."""

    def __init__(self, container: str) -> None:
        answer = Fields.of(docker.ask("GET", f"/containers/{docker.quote(container)}/json"), "container")
        pid = answer.child("State").integer("Pid")
        try:
            cgroup = files.read_beneath(PROCESSES, f"{pid}/cgroup", MOST_BYTES).decode("utf-8", "replace")
            unified = re.search("^0::(.*)$", cgroup, re.MULTILINE)
            if unified is None:
                raise Failed(f"{container}: its processes cannot be listed: found no cgroup v2, allowed: one")
            self._list = f"{CGROUPS}{unified.group(1)}/cgroup.procs"
            # Where it cannot be read, nobody would be ended, without a word.
            files.read_text(self._list)
        except OSError as error:
            raise Failed(f"{container}: its processes cannot be listed ({error.strerror}): is it running?") from error

    def end(self) -> int:
        """Ends the sessions that came over the network. Returns how many."""
        ended = 0
        # A container that ended meanwhile has none.
        with contextlib.suppress(OSError):
            for pid in files.read_text(self._list).split():
                with contextlib.suppress(OSError):
                    title = files.read_beneath(PROCESSES, f"{pid}/cmdline", MOST_BYTES).decode("utf-8", "replace")
                    if REMOTE.match(title.strip("\0 ")) is not None:
                        os.kill(int(pid), signal.SIGTERM)
                        ended += 1
        return ended


def record(sentence: str) -> str:
    """Puts it into the journal, and returns it."""
    syslog.syslog(syslog.LOG_AUTHPRIV | syslog.LOG_WARNING, f"phiward: {sentence}")
    return sentence
