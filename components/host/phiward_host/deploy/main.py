"""`phiward.pyz deploy PERSON`: what SSH runs for an administrator's key at the login of deploys (sshd(8), `command=`).

It records who asks for what, with the hash of all that goes in by standard input, runs it where a deploy needs it, and
refuses all else: a shell, a terminal, files, another program. The agent that is sent runs as root: nobody who may
deploy is kept from anything by this, but it is on record, by person, and who compares hashes knows what ran.
"""

import hashlib
import os
import sys
import syslog
from collections.abc import Callable, Sequence

from phiward_host.common import cli, files, isolated, process
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog
from phiward_host.deploy import commands, standard_input

LOG = RootLog("deploy")
KEYS = "/etc/ssh/authorized_keys.d/deploy"
SESSION = "/proc/self/sessionid"
NO_SESSION = 4_294_967_295


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

    # Records of the kernel have this number, and the account's name, which is the same for everyone who deploys.
    if (session := _session()) is not None:
        record(f"audit session {session}")
    asked = commands.allowed(command)
    if not _is_administrator(person) or asked is None:
        record(f"refused: {command or 'a shell'}")
        found = printable(command) or "a shell"
        raise Refused(f"found {found!r}, allowed: what a deploy needs; log in under your own name for that")
    if asked.is_docker:
        if isolated.is_seen():
            raise Refused("Docker: this host is isolated; npx phiward status says since when")
        record("docker")
        _relay(record)
        return cli.DONE
    try:
        given = standard_input.prepare(asked, record)
    except Refused as refusal:
        record(f"refused: {command}: {refusal}")
        raise
    # Every word is one that this version knows, so what is cut off a long line is known too.
    record(f"{given}; command {hashlib.sha256(command.encode()).hexdigest()}: {command}")
    argv = list(asked.argv)
    os.execvpe(argv[0], argv, process.environment({"SSH_CONNECTION": os.environ.get("SSH_CONNECTION", "")}))
    return None


def printable(text: str) -> str:
    """Text on one line, no longer than a record may be: it is of the client's choice."""
    return "".join(char if " " <= char <= "~" else "?" for char in text[:400])


def _is_administrator(person: str) -> bool:
    # Asked each time: a connection that is open from before may outlast the right.
    return any(f' deploy {person}"' in line for line in files.read_text(KEYS).splitlines())


def _session() -> int | None:
    """The kernel's number of this session (pam_loginuid(8)); None where it has none."""
    number = int(files.read_text_if_any(SESSION) or NO_SESSION)
    return None if number == NO_SESSION else number


def _client() -> str:
    return os.environ.get("SSH_CONNECTION", "").partition(" ")[0] or "unknown"


def _relay(record: Callable[[str], None]) -> None:
    from phiward_host.deploy.relay import relay

    relay(sys.stdin.buffer, sys.stdout.buffer, record)
