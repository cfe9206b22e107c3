"""The counts as Prometheus reads them, brought to the Pushgateway of this machine."""

import http.client
from collections.abc import Mapping, Sequence

PORT = 9091
SECONDS = 5.0


def metrics(counts: Mapping[str, int], events: Sequence[str], looked: float) -> str:
    """The text of one host: each event, also one that never was, and when its record was last looked at."""
    lines = ["# TYPE phiward_events_total counter"]
    lines += [f'phiward_events_total{{event="{event}"}} {counts.get(event, 0)}' for event in events]
    lines += ["# TYPE phiward_detectors_looked_timestamp_seconds gauge"]
    lines += [f"phiward_detectors_looked_timestamp_seconds {looked:.0f}"]
    return "\n".join([*lines, ""])


def push(text: str, host: str) -> None:
    """Replaces what was there of a host. Raises OSError or http.client.HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=SECONDS)
    try:
        connection.request("PUT", f"/metrics/job/detectors/instance/{host}", text.encode())
        answer = connection.getresponse()
        answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise OSError(f"the Pushgateway refuses the counts of events (status {answer.status})")
    finally:
        connection.close()
