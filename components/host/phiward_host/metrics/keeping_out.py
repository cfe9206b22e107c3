"""Whether this host is isolated, since when, and how many are kept out of it by hand; not who, nor why."""

from phiward_host.common import contained, isolated

Samples = list[tuple[dict[str, str], float]]


def is_isolated() -> Samples:
    return [({}, float(isolated.is_isolated()))]


def since() -> Samples:
    """Nothing of a host that is not isolated, or whose record of it is damaged."""
    at = isolated.standing().since if isolated.is_isolated() else 0.0
    return [({}, at)] if at > 0 else []


def kept_out() -> Samples:
    """How many people are locked, keys revoked and networks blocked."""
    now = contained.known()
    counts = {"people": now.people, "keys": now.keys, "networks": now.networks}
    return [({"kind": kind}, float(len(entries))) for kind, entries in counts.items()]
