"""How systemd tries a roll-back again that did not end: at once, then ever more rarely, and within limits."""

from collections.abc import Sequence

# Exit code of a roll-back that ended and left something as it is: trying again is of no use, people have to look.
LEFT_OVER = 4
# For half an hour or more, so that a full disk can be emptied; then at the next boot or apply.
LIMITS = ("StartLimitIntervalSec=2h", "StartLimitBurst=30")
SERVICE = (
    "Restart=on-failure",
    "RestartSec=200ms",
    "RestartSteps=10",
    "RestartMaxDelaySec=2min",
    f"RestartPreventExitStatus={LEFT_OVER}",
)


def alert(service: str) -> str:
    """The setting by which a service that gives up alerts people, where the host has alerts."""
    return f"OnFailure=phiward-alert@{service}.service"


def options(service: str) -> Sequence[str]:
    """All of it, as systemd-run(1) takes it for a transient service."""
    return [f"--property={setting}" for setting in (*LIMITS, alert(service), *SERVICE)]
