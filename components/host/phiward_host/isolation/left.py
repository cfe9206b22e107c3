"""At the vault: orders that people left there for a host. One a host, the newest; the host asks for it.

What is kept is signed and no secret. A host's account reads its own, and can change none.
"""

import json
import sys

from phiward_host.common import cli, files
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Refused
from phiward_host.journal import stored
from phiward_host.journal.settings import RemoteSettings

DIRECTORY = "/srv/vault/.orders"
MOST_BYTES = 12 << 10


def leave(host: str) -> int:
    """Keeps the order that standard input has. Raises Refused."""
    if host not in RemoteSettings.load().hosts:
        raise Refused("found another name, allowed: a host that brings its journal here")
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Refused("found more than an order has, allowed: an order with its signature")
    try:
        fields = Fields.of(json.loads(data), "order")
        order = {"text": fields.text("text"), "signature": fields.text("signature")}
    except (ValueError, RecursionError) as error:
        raise Refused("found no JSON, allowed: an order with its signature") from error
    files.make_directory(DIRECTORY, 0o755)
    files.write(f"{DIRECTORY}/{host}", json.dumps(order), mode=0o644)
    print("left", flush=True)
    return cli.DONE


def carried(host: str) -> int:
    """Prints as JSON what a host did last, and when, by its record here; null where there is nothing."""
    if host not in RemoteSettings.load().hosts:
        raise Refused("found another name, allowed: a host that brings its journal here")
    found = stored.newest(host, "PHIWARD_ACT=isolation", "PHIWARD_OUTCOME=success")
    if not found:
        print("null", flush=True)
        return cli.DONE
    what = found[-1].fields.values.get("PHIWARD_WHAT")
    print(json.dumps({"what": what if isinstance(what, str) else "", "at": found[-1].seconds}), flush=True)
    return cli.DONE


def of_host(host: str) -> str:
    """The order for a host; empty where there is none. Raises OSError."""
    return files.read_text_if_any(f"{DIRECTORY}/{host}") or ""
