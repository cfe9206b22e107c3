"""The counts of a host's events, as Prometheus reads them."""

from collections.abc import Mapping, Sequence

# The job under which the Pushgateway has them.
JOB = "detectors"


def metrics(counts: Mapping[str, int], events: Sequence[str], looked: float) -> str:
    """The text of one host: each event, also one that never was, and when its record was last looked at.

    Without types, as hosts' own: the Pushgateway takes nothing of another type than what a host has sent by that name.
    """
    lines = [f'phiward_events_total{{event="{event}"}} {counts.get(event, 0)}' for event in events]
    lines += [f"phiward_detectors_looked_timestamp_seconds {looked:.0f}"]
    return "\n".join([*lines, ""])
