"""`phiward.pyz deploy PERSON`: what SSH runs for an administrator's key at the login of deploys (sshd(8), `command=`).

It records who asks for what, runs it where a deploy needs it, and refuses all else: a shell, a terminal, files. What
the agent is sent runs as root: nobody who may deploy is kept from anything by this, but it is on record, by person.
"""

import hashlib
import os
import re
import sys
import syslog
from collections.abc import Callable, Sequence

from phiward_host.common import cli, files, process
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.deploy import commands

LOG = RootLog("deploy")
KEYS = "/etc/ssh/authorized_keys.d/deploy"
# The first line of what the agent reads: its request, or the unit and generation to confirm.
_REQUEST = re.compile(rb"[a-z0-9-]+(?: [0-9]+)? ([0-9a-f]{64})\n")
LINE_BYTES = 256
PASS_BYTES = 1 << 20


def main(words: Sequence[str]) -> int:
    """The exit code is the command's; 1 where it is refused."""
    return cli.main("the login of deploys", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    if len(words) != 1:
        raise Refused(f"found {len(words)} words, allowed: deploy PERSON")
    syslog.openlog("phiward-deploy", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
    return _serve(words[0], os.environ.get("SSH_ORIGINAL_COMMAND", ""))


def _serve(person: str, command: str) -> int:
    def record(what: str) -> None:
        syslog.syslog(syslog.LOG_NOTICE, f"{person} from {_client()}: {printable(what)}")

    argv = commands.allowed(command)
    if not _is_administrator(person) or argv is None:
        record(f"refused: {command or 'a shell'}")
        found = printable(command) or "a shell"
        raise Refused(f"found {found!r}, allowed: what a deploy needs; log in under your own name for that")
    if argv == commands.DOCKER:
        record("docker")
        _relay(record)
        return cli.DONE
    record(f"{_request(argv)}command {hashlib.sha256(command.encode()).hexdigest()}: {command}")
    os.execvpe(argv[0], list(argv), process.environment({"SSH_CONNECTION": os.environ.get("SSH_CONNECTION", "")}))
    return None


def printable(text: str) -> str:
    """Text on one line, no longer than a record may be: it is of the client's choice."""
    return "".join(char if " " <= char <= "~" else "?" for char in text[:400])


def _is_administrator(person: str) -> bool:
    # Asked each time: a connection that is open from before may outlast the right.
    return any(f' deploy {person}"' in line for line in files.read_text(KEYS).splitlines())


def _client() -> str:
    return os.environ.get("SSH_CONNECTION", "").partition(" ")[0] or "unknown"


def first_line(source: int) -> bytes:
    """The first line of standard input, or what of it a record can hold. Byte by byte: the rest is not ours."""
    line = bytearray()
    while len(line) < LINE_BYTES and not line.endswith(b"\n") and (byte := os.read(source, 1)):
        line += byte
    return bytes(line)


def give_back(line: bytes) -> None:
    """Puts a line back before what follows it on standard input, which a child passes on as it comes."""
    ours, theirs = os.pipe()
    if os.fork() == 0:
        try:
            for descriptor in (ours, 1, 2):
                os.close(descriptor)
            os.write(theirs, line)
            while os.splice(0, theirs, PASS_BYTES):
                pass
        finally:
            os._exit(0)
    os.dup2(ours, 0)
    os.close(ours)
    os.close(theirs)


def _request(argv: Sequence[str]) -> str:
    """The hash in the agent's request, as words of a record: of a plan, it is the generation that the plan leaves."""
    if tuple(argv[2:4]) != commands.PYTHON:
        return ""
    line = first_line(0)
    give_back(line)
    match = _REQUEST.match(line)
    return f"request {match.group(1).decode()}; " if match else ""


def _relay(record: Callable[[str], None]) -> None:
    from phiward_host.deploy.relay import relay

    relay(sys.stdin.buffer, sys.stdout.buffer, record)
