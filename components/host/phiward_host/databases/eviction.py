"""Sessions of applications ended from outside a server to which nobody can connect any more.

What all sessions of a PostgreSQL share (its table of locks, places for connections, memory) one application can use up,
and then not even the superuser gets in to end it. Nothing inside the server can.
"""

import contextlib
import os
import re
import signal
import syslog
import time
from collections.abc import Callable

from phiward_host.common import docker
from phiward_host.common.decode import Fields, as_strs, list_of
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
# What sessions need to end, and the server to give back what they had.
PAUSE_SECONDS = 0.3


def persistent(container: str, work: Callable[[], Completed]) -> Completed:
    """How a client program ended in a server's container; where applications have used the server up, tried again.

    Before each new try all their sessions there are ended, which goes on record.
    """
    done = work()
    for _ in range(ATTEMPTS - 1):
        if done.code == 0 or EXHAUSTED.search(done.stderr) is None:
            break
        evict(container)
        time.sleep(PAUSE_SECONDS)
        done = work()
    return done


def evict(container: str) -> str:
    """Ends all sessions that came to a server over the network. Returns a sentence, which is on record too.

    Raises Failed where Docker does not say which there are.
    """
    path = f"/containers/{docker.quote(container)}/top?ps_args={docker.quote('-eo pid,args')}"
    fields = Fields.of(docker.ask("GET", path), "top")
    ended = 0
    for row in fields.read("Processes", list_of(as_strs)):
        pid, *title = row
        if REMOTE.match(" ".join(title)) is not None and pid.isdecimal():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)
                ended += 1
    return record(
        f"{container}: {ended} sessions of services were ended from outside: they had used up what all sessions of it "
        "share, so that nobody could connect; find out which service it was, and treat it as compromised"
    )


def record(sentence: str) -> str:
    """Puts it into the journal, and returns it."""
    syslog.syslog(syslog.LOG_AUTHPRIV | syslog.LOG_WARNING, f"phiward: {sentence}")
    return sentence
