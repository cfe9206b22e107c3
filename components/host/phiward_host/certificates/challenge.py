"""Whether nginx answers an authority's question under each name: asked here first, lest one is refused for nothing."""

import http.client
import secrets
from collections.abc import Sequence

from phiward_host.common import files

PLACE = ".well-known/acme-challenge"
SECONDS = 5
PORT = 80


def unanswered(webroot: str, names: Sequence[str]) -> list[str]:
    """The names under which nginx does not answer with what is in `webroot`. Raises OSError if none can write there."""
    name = f"phiward-{secrets.token_hex(16)}"
    directory = f"{webroot}/{PLACE}"
    files.make_directory(directory, 0o755)
    try:
        files.write(f"{directory}/{name}", name, mode=0o644)
        return [host for host in names if _ask(host, f"/{PLACE}/{name}") != name]
    finally:
        files.remove(f"{directory}/{name}")


def _ask(host: str, path: str) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.read(100).decode("ascii", "replace") if answer.status == http.HTTPStatus.OK else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
