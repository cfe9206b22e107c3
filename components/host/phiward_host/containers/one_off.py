"""Containers that run one program to its end, beside a service's own: its init step, and its scheduled jobs.

What a program says may hold data or a secret: the end of it goes to a file that root alone reads, and nowhere else.
"""

import contextlib
import syslog
import time
from collections.abc import Mapping
from dataclasses import dataclass

from phiward_host.common import docker, files, paths, process
from phiward_host.common.decode import Fields
from phiward_host.containers import lifecycle

# Of what a program says, this much of the end is kept.
LINES = 5000
KEPT_CHARACTERS = 1 << 20
# What a program that is ended has to end itself.
GRACE_SECONDS = 10


@dataclass(frozen=True)
class Ended:
    """How a program ended; `code` is None where its time was up."""

    code: int | None
    seconds: int

    def words(self) -> str:
        """For a message."""
        if self.code is None:
            return f"did not end within {self.seconds} s, and was ended"
        return f"ended with exit code {self.code} after {self.seconds} s"


def directory(service: str) -> str:
    """Where this host keeps what is known of a service's runs; it goes with the service (the unit `retire`)."""
    return f"{paths.BASE}/services/{service}/runs"


def run(name: str, request: Mapping[str, object], seconds: int, log: str) -> Ended:
    """Runs a container to its end, and removes it. `request` is the body of POST /containers/create.

    What the program said is in the file `log` afterwards, or why not; where the disk takes no file, that is in the
    journal. Raises Failed where it could not be started.
    """
    lifecycle.remove(name, 0)
    try:
        docker.ask("POST", f"/containers/create?name={docker.quote(name)}", request)
        began = time.monotonic()
        docker.ask("POST", f"/containers/{docker.quote(name)}/start", allowed=(304,))
        code = _wait(name, seconds)
        if code is None:
            docker.ask("POST", f"/containers/{docker.quote(name)}/stop?t={GRACE_SECONDS}", allowed=(304, 404))
        ended = Ended(code, seconds if code is None else round(time.monotonic() - began))
        _keep_log(name, log)
        return ended
    finally:
        lifecycle.remove(name, 0)


def _wait(name: str, seconds: int) -> int | None:
    try:
        answer = docker.ask("POST", f"/containers/{docker.quote(name)}/wait", timeout=seconds)
    except TimeoutError:
        return None
    return Fields.of(answer, "wait").integer("StatusCode")


def _keep_log(name: str, path: str) -> None:
    # That of the run before goes first: where the disk is full, it is room, and nobody takes it for this one's.
    with contextlib.suppress(OSError):
        files.remove(path)
    try:
        _write_log(name, path)
    except OSError as error:
        # What ran has done what it did, and its exit code is known.
        syslog.syslog(syslog.LOG_ERR, f"{name}: its output could not be kept ({error.strerror}): {path}")


def _write_log(name: str, path: str) -> None:
    done = process.run(["docker", "logs", "--timestamps", f"--tail={LINES}", name])
    # Each line begins with its time, of equal length: so the two streams are one again.
    text = "\n".join(sorted([*done.stdout.splitlines(), *done.stderr.splitlines()]))
    if done.code != 0:
        # A program that says too much has done what it did: of a migration that succeeded, nothing would know.
        text = f"its output could not be read ({process.ended('docker', done.code)})"
    files.make_directory(path.rpartition("/")[0])
    files.write(path, f"{text[-KEPT_CHARACTERS:]}\n")
