"""The counts as Prometheus reads them, brought to the Pushgateway of this machine."""

import http.client
from collections.abc import Mapping, Sequence

PORT = 9091
SECONDS = 5.0


def metrics(counts: Mapping[str, Mapping[str, int]], events: Sequence[str], hosts: Sequence[str], looked: float) -> str:
    """The text: each event of each host, also those that never were, and when the record was last looked at."""
    lines = ["# TYPE phiward_events_total counter"]
    for event in events:
        for host in hosts:
            lines.append(f'phiward_events_total{{event="{event}",host="{host}"}} {counts.get(event, {}).get(host, 0)}')
    lines += ["# TYPE phiward_detectors_looked_timestamp_seconds gauge"]
    lines += [f"phiward_detectors_looked_timestamp_seconds {looked:.0f}"]
    return "\n".join([*lines, ""])


def push(text: str, instance: str) -> None:
    """Replaces what was there before. Raises OSError or http.client.HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=SECONDS)
    try:
        connection.request("PUT", f"/metrics/job/detectors/instance/{instance}", text.encode())
        answer = connection.getresponse()
        answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise OSError(f"the Pushgateway refuses the counts of events (status {answer.status})")
    finally:
        connection.close()
