"""The commands that the login of deploys runs: all that the operator's side sends, word by word."""

import hashlib
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from phiward_host.common import paths

PYTHON = ("/usr/bin/python3", "-I")
# SHA-256 of the program that reads the agent and its request, and compares them with the hash in their first line
# (components/plan/request.ts). Whoever changes it adds a hash here in an earlier version: hosts know these alone.
BOOTSTRAPS = frozenset({"ad8b04a5eb2f5a5560008c0fdd9bb8480e763c25aeab6198b5644871f11c2f44"})

# What of standard input a command gets, and the record has: nothing; a request, whose hash it names itself; the unit
# and generation that are confirmed; or all of it, by its hash.
Reads = Literal["nothing", "request", "confirmation", "all"]


@dataclass(frozen=True)
class Command:
    """A command that may be run, without a shell."""

    argv: Sequence[str]
    reads: Reads = "nothing"

    @property
    def is_docker(self) -> bool:
        """Whether it is answered by `relay`, which lets through what resources need of Docker."""
        return tuple(self.argv) == _DOCKER


def allowed(line: str) -> Command | None:
    """The command that a line asks for; None where it is not, word by word, one of those that are sent."""
    try:
        words = tuple(shlex.split(line))
    except ValueError:
        return None
    for known, reads in _KNOWN:
        if len(known) == len(words) and all(map(_is, known, words)):
            return Command(words, reads)
    return None


# A word as it is, or whether one is allowed.
_Word = str | Callable[[str], bool]


def _is(known: _Word, word: str) -> bool:
    return known == word if isinstance(known, str) else known(word)


def _is_bootstrap(word: str) -> bool:
    return hashlib.sha256(word.encode("utf-8", "surrogateescape")).hexdigest() in BOOTSTRAPS


def _is_host(word: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9-]{0,61}[a-z0-9]", word) is not None


def _is_repository(word: str) -> bool:
    return word in ("local", "offsite")


def _program(*words: _Word) -> tuple[_Word, ...]:
    return ("sudo", "-n", *PYTHON, paths.ARCHIVE, *words)


_DOCKER = ("docker", "system", "dial-stdio")
_KNOWN: Sequence[tuple[Sequence[_Word], Reads]] = (
    (("true",), "nothing"),
    (_DOCKER, "all"),
    (("sudo", "-n", "true"), "nothing"),
    (("sudo", "-n", "test", "-e", "/var/lib/phiward/units/adopt/generation.json"), "nothing"),
    (("sudo", "-n", *PYTHON, "-c", _is_bootstrap), "request"),
    (("sudo", "-n", *PYTHON, "/var/lib/phiward/agent.pyz", "confirm"), "confirmation"),
    (
        (
            *("sudo", "-n", "sh", "-c"),
            "test -e /var/lib/phiward/agent.pyz && exec /usr/bin/python3 -I /var/lib/phiward/agent.pyz confirm; "
            "exec /usr/bin/python3 -I /var/lib/phiward/agent.py confirm",
        ),
        "confirmation",
    ),
    (
        (
            *("sudo", "-n", "systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--description=Restore"),
            f"--property=ExecStopPost={' '.join(PYTHON)} {paths.ARCHIVE} backup clean-up",
            *(*PYTHON, paths.ARCHIVE, "backup", "restore"),
        ),
        "all",
    ),
    (_program("backup", "status"), "nothing"),
    (_program("backup", "last-restore"), "nothing"),
    (_program("backup", "new-repository", _is_repository), "nothing"),
    *((_program("vault", verb, _is_host), "nothing") for verb in ("sealed", "arrivals", "cut", "erased")),
    (("sudo", "-n", "/usr/bin/systemctl", "start", "phiward-backup.service"), "nothing"),
    (
        (
            *("sudo", "-n", "/usr/bin/journalctl", "--unit=phiward-backup.service", "--identifier=python3"),
            *("--lines=1", "--output=cat", "--no-pager"),
        ),
        "nothing",
    ),
)
