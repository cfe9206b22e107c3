"""The TXT record of a dns-01 challenge (RFC 8555 section 8.4) in a zone at DigitalOcean, as certbot's hooks.

Debian has no plugin of certbot's for it. certbot(1) says by its environment what is asked for.
"""

import http.client
import json
import os
import time
from collections.abc import Sequence

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_int, as_str, list_of
from phiward_host.common.errors import Failed

HOST = "api.digitalocean.com"
SECONDS = 30
# Until its name servers have a record; certbot's own plugin waits as long.
PROPAGATION_SECONDS = 10
LEAST_TTL = 30


def add_record() -> None:
    """Adds the record that certbot names. Raises Failed."""
    zone, name = _place()
    record = {"type": "TXT", "name": name, "data": _said("CERTBOT_VALIDATION"), "ttl": LEAST_TTL}
    _ask("POST", f"/v2/domains/{zone}/records", record)
    if os.environ.get("CERTBOT_REMAINING_CHALLENGES", "0") == "0":
        time.sleep(PROPAGATION_SECONDS)


def remove_record() -> None:
    """Removes the record again, and no other. Raises Failed."""
    zone, name = _place()
    asked = _ask("GET", f"/v2/domains/{zone}/records?type=TXT&name={name}.{zone}&per_page=200", None)
    for entry in Fields.of(asked, "answer").read("domain_records", list_of(Fields.of)):
        if entry.text("data") == _said("CERTBOT_VALIDATION"):
            _ask("DELETE", f"/v2/domains/{zone}/records/{entry.read('id', as_int)}", None)


def _place() -> tuple[str, str]:
    """The zone of the account that the name is in, and the record's name in it."""
    full = f"_acme-challenge.{_said('CERTBOT_DOMAIN')}"
    zones: list[str] = []
    for page in range(1, 100):
        answer = Fields.of(_ask("GET", f"/v2/domains?per_page=200&page={page}", None), "answer")
        found = [entry.read("name", as_str) for entry in answer.read("domains", list_of(Fields.of))]
        zones += found
        if len(found) < 200:
            break
    zone = longest(full, zones)
    return zone, full.removesuffix(f".{zone}")


def longest(name: str, zones: Sequence[str]) -> str:
    """The zone that a name is in, the innermost of several. Raises Failed."""
    around = [zone for zone in zones if name.endswith(f".{zone}")]
    if not around:
        raise Failed(f"{name}: no zone of the DigitalOcean account holds it; add the zone, or use another token")
    return max(around, key=len)


def _said(variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise Failed(f"{variable}: found nothing, allowed: what certbot(1) sets; only certbot runs this")
    return value


def _ask(method: str, path: str, body: object | None) -> object:
    token = files.read_text(_said("PHIWARD_DNS_TOKEN")).strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPSConnection(HOST, timeout=SECONDS)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read(files.MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"DigitalOcean's API could not be asked ({type(error).__name__})") from error
    finally:
        connection.close()
    if answer.status >= http.client.BAD_REQUEST:
        raise Failed(
            f"DigitalOcean's API refused {method}: status {answer.status}; the token must be able to edit domains"
        )
    return json.loads(text) if text else None
