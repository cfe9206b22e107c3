"""Running programs: without a shell, in one fixed environment, with a time-out.

Callers write `process.run(…)`, so that a test replaces it in one place.
"""

import errno
import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.common import output
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog

# Nothing of whoever starts us decides what a program loads or how it speaks. No TZ: a check asks for the host's own.
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
        "HOME": "/root",
        "DEBIAN_FRONTEND": "noninteractive",
    }
)
NOT_FOUND = 127
TIMED_OUT = 124
TOO_MUCH = 123
TIMEOUT_SECONDS = 120
# What a program can meet that somebody has to mend before it is started again.
CAUSES = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


@dataclass(frozen=True)
class Completed:
    """How a program ended.

    `code` is NOT_FOUND if there is no such program, TIMED_OUT if its time was up, TOO_MUCH if it said too much.
    """

    code: int
    stdout: str
    stderr: str


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The fixed environment with `extra` added, for a caller that starts a process itself."""
    return {**ENVIRONMENT, **(extra or {})}


def run(
    argv: Sequence[str],
    *,
    stdin: str | None = None,
    timeout: float | None = TIMEOUT_SECONDS,
    env: Mapping[str, str] | None = None,
    pass_fds: Collection[int] = (),
) -> Completed:
    """Runs argv and waits for it; no exit code raises. `env` adds to the fixed environment; `timeout` None: no limit.

    Without `stdin` the program reads nothing. Its output is read as UTF-8, up to output.MOST_BYTES; what is not valid
    is replaced.
    """
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(env),
            cwd="/",
            pass_fds=tuple(pass_fds),
        )
    except FileNotFoundError:
        return Completed(NOT_FOUND, "", f"{argv[0]}: not found")
    return completed(child, argv, stdin, timeout)


def completed(
    child: "subprocess.Popen[bytes]", argv: Sequence[str], stdin: str | None, timeout: float | None
) -> Completed:
    """How a child ended that was started with pipes; it is ended where its time is up, or it says too much."""
    try:
        out, err = output.collect(child, None if stdin is None else stdin.encode(), timeout, output.MOST_BYTES)
    except subprocess.TimeoutExpired:
        return Completed(TIMED_OUT, "", f"{argv[0]}: no answer within {timeout} s")
    except output.TooMuch:
        return Completed(TOO_MUCH, "", f"{argv[0]}: it said more than {output.MOST_BYTES} bytes")
    return Completed(child.returncode, *(text(data.decode("utf-8", "replace")) for data in (out, err)))


def text(said: str) -> str:
    """What a program said, with one kind of line breaks."""
    return said.replace("\r\n", "\n").replace("\r", "\n")


def logged(
    argv: Sequence[str],
    log: RootLog,
    *,
    stdin: str | None = None,
    timeout: float | None = TIMEOUT_SECONDS,
    env: Mapping[str, str] | None = None,
    pass_fds: Collection[int] = (),
) -> Completed:
    """As `run`; the output of a program that fails goes to the log."""
    done = run(argv, stdin=stdin, timeout=timeout, env=env, pass_fds=pass_fds)
    if done.code != 0:
        log.write(f"{list(argv)!r} exited {done.code}:", done.stdout, done.stderr)
    return done


def must(
    what: str,
    argv: Sequence[str],
    log: RootLog,
    *,
    stdin: str | None = None,
    timeout: float | None = TIMEOUT_SECONDS,
    env: Mapping[str, str] | None = None,
    pass_fds: Collection[int] = (),
) -> str:
    """Standard output of a program that has to succeed. Raises Failed, `what` first, and its output goes to the log."""
    done = logged(argv, log, stdin=stdin, timeout=timeout, env=env, pass_fds=pass_fds)
    if done.code != 0:
        subject = f"{what}: " if what else ""
        raise Failed(f"{subject}{ended(argv[0], done.code, done.stderr)}; its output is in {log.path} on the host")
    return done.stdout


def ended(program: str, code: int, stderr: str = "") -> str:
    """How a program ended, for a message; of what it said, only what is the system's own words goes there."""
    name = os.path.basename(program)
    if code == NOT_FOUND:
        return f"{name} is not installed"
    if code == TIMED_OUT:
        return f"{name} did not end in time"
    if code == TOO_MUCH:
        return f"{name} said more than it may"
    said = stderr.lower()
    causes = [words for words in map(os.strerror, CAUSES) if words.lower() in said]
    return ": ".join([f"{name} exited with status {code}", *causes[:1]])
