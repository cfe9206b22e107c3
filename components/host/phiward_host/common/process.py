"""Running programs: without a shell, in one fixed environment, with a time-out.

Callers write `process.run(…)`, so that a test replaces it in one place.
"""

import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

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
TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Completed:
    """How a program ended. `code` is NOT_FOUND if there is no such program, TIMED_OUT if its time was up."""

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

    Without `stdin` the program reads nothing. Its output is read as UTF-8; what is not valid is replaced.
    """
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            env=environment(env),
            cwd="/",
            pass_fds=pass_fds,
            check=False,
        )
    except FileNotFoundError:
        return Completed(NOT_FOUND, "", f"{argv[0]}: not found")
    except subprocess.TimeoutExpired:
        return Completed(TIMED_OUT, "", f"{argv[0]}: no answer within {timeout} s")
    return Completed(done.returncode, done.stdout, done.stderr)


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
        raise Failed(f"{subject}{ended(argv[0], done.code)}; its output is in {log.path} on the host")
    return done.stdout


def ended(program: str, code: int) -> str:
    """How a program ended, for a message."""
    name = os.path.basename(program)
    if code == NOT_FOUND:
        return f"{name} is not installed"
    if code == TIMED_OUT:
        return f"{name} did not end in time"
    return f"{name} exited with status {code}"
