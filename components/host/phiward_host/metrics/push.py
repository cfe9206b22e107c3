"""Metrics on their way into Prometheus, at the vault: the Pushgateway there keeps the last ones of each host."""

from phiward_host.common.errors import Failed
from phiward_host.metrics import loopback

PORT = 9091


def put(host: str, text: str, job: str = "host") -> None:
    """Replaces all that is there of a job of a host. The path wins over what the text names. Raises Failed."""
    try:
        loopback.ask("PUT", PORT, f"/metrics/job/{job}/instance/{host}", text.encode())
    except Failed as failed:
        raise Failed(f"the Pushgateway took no metrics: {failed}") from failed
