"""The clocks of incidents that run, as the vault keeps them: when each warns, and when it is over."""

from phiward_host.incidents import kept

Samples = list[tuple[dict[str, str], float]]


def warns() -> Samples:
    """The moment at which each warns."""
    return [({"clock": f"{number} {clock.name}"}, float(clock.warns)) for number, clock in kept.clocks()]


def ends() -> Samples:
    """The moment at which each is over; nothing of those for which the law names no time."""
    return [
        ({"clock": f"{number} {clock.name}"}, float(clock.ends))
        for number, clock in kept.clocks()
        if clock.ends is not None
    ]
