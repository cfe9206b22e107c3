"""The commands that the login of deploys runs: all that the operator's side sends."""

import shlex
from collections.abc import Sequence
from types import MappingProxyType

PYTHON = ("/usr/bin/python3", "-I")
ARCHIVE = "/usr/local/lib/phiward/phiward.pyz"
# Answered by `relay`, which lets through what resources need of Docker.
DOCKER = ("docker", "system", "dial-stdio")

# Words after `sudo -n`, and how many more may follow; None: any number.
_AS_ROOT = MappingProxyType(
    {
        ("true",): 0,
        ("test", "-e"): 1,
        # The agent, whose code and request come on standard input, and the host's programs.
        PYTHON: None,
        (
            "sh",
            "-c",
            "test -e /var/lib/phiward/agent.pyz && exec /usr/bin/python3 -I /var/lib/phiward/agent.pyz confirm; "
            "exec /usr/bin/python3 -I /var/lib/phiward/agent.py confirm",
        ): 0,
        (
            *("systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--description=Restore"),
            f"--property=ExecStopPost={' '.join(PYTHON)} {ARCHIVE} backup clean-up",
            *(*PYTHON, ARCHIVE),
        ): None,
        ("/usr/bin/systemctl", "start", "phiward-backup.service"): 0,
        ("/usr/bin/journalctl", "--unit=phiward-backup.service"): None,
    }
)


def allowed(command: str) -> Sequence[str] | None:
    """The words of a command that may be run, without a shell; None for any other."""
    try:
        words = tuple(shlex.split(command))
    except ValueError:
        return None
    if words in (("true",), DOCKER):
        return words
    return words if words[:2] == ("sudo", "-n") and _is_known(words[2:]) else None


def _is_known(words: Sequence[str]) -> bool:
    for start, more in _AS_ROOT.items():
        if tuple(words[: len(start)]) == start:
            return more is None or len(words) == len(start) + more
    return False
