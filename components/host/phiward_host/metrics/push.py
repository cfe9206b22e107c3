"""Metrics on their way into Prometheus, at the vault: the Pushgateway there keeps the last ones of each host."""

from phiward_host.common.errors import Failed
from phiward_host.metrics import loopback

PORT = 9091


def put(host: str, text: str) -> None:
    """Replaces all that is there of a host. The host in the path wins over any that the text names. Raises Failed."""
    try:
        loopback.ask("PUT", PORT, f"/metrics/job/host/instance/{host}", text.encode())
    except Failed as failed:
        raise Failed(f"the Pushgateway took no metrics: {failed}") from failed
