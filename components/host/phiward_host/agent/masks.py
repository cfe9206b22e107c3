"""Units that somebody masked: systemd refuses to start, enable or reload them until they are unmasked."""

from collections.abc import Sequence

from phiward_host.agent.command import command
from phiward_host.common import process


def unmask(log: str, argv: Sequence[str]) -> list[str]:
    """Unmasks the units that a command of systemctl(1) names. Returns those that were masked.

    `log` is the unit of ours in whose log a failure is written. Raises Failed.
    """
    named = [word for word in argv[2:] if not word.startswith("-")] if argv[0] == "systemctl" else []
    masked = [name for name in named if _load_state(name) == "masked"]
    for name in masked:
        # A mask is a link below /etc, or below /run until the next boot.
        for where in ([], ["--runtime"]):
            command(log, ["systemctl", "unmask", *where, name])
    return masked


def _load_state(name: str) -> str:
    return process.run(["systemctl", "show", "--property=LoadState", "--value", name]).stdout.strip()
