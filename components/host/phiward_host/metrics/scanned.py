"""What the looks at vulnerabilities and the judgement of the settings found, in numbers."""

from collections import Counter

from phiward_host.scans import lynis, record
from phiward_host.scans.record import SEVERITIES, Place

Samples = list[tuple[dict[str, str], float]]
# The host, and as many images as fit: each has a sample for each severity.
MOST_PLACES = 60


def _places() -> list[Place]:
    found = record.last()
    return [] if found is None else list(found.places[:MOST_PLACES])


def waiting() -> Samples:
    """Packages of which a mended version is there, by where they are and how grave what it mends is."""
    samples: Samples = []
    for place in _places():
        counts = Counter(one.severity for one in place.waiting)
        if not place.untold:
            samples += [({"where": place.where, "severity": each}, float(counts[each])) for each in SEVERITIES]
    return samples


def oldest() -> Samples:
    """When the first of those that wait was seen, for each place and severity that has one."""
    samples: Samples = []
    for place in _places():
        for severity in SEVERITIES:
            since = [one.since for one in place.waiting if one.severity == severity]
            samples += [({"where": place.where, "severity": severity}, min(since))] if since else []
    return samples


def looked() -> Samples:
    """When it was looked last."""
    found = record.last()
    return [] if found is None else [({}, found.at)]


def index() -> Samples:
    """The hardening index of lynis."""
    found = lynis.last()
    return [] if found is None else [({}, float(found.index))]


def dropped() -> Samples:
    """By how much it fell within the week."""
    found = lynis.last()
    return [] if found is None else [({}, float(found.dropped))]


def findings() -> Samples:
    """How much lynis has to say."""
    found = lynis.last()
    if found is None:
        return []
    counts = {"warning": len(found.warnings), "suggestion": len(found.suggestions)}
    return [({"kind": kind}, float(count)) for kind, count in counts.items()]
