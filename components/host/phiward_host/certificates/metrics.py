"""When each site's certificate ends, as node-exporter's textfile collector reads it.

It is the end itself, in seconds since 1970, and no time that is left: that stays true while nobody writes.
"""

from collections.abc import Sequence

from phiward_host.certificates import facts
from phiward_host.certificates.site import Site
from phiward_host.common import files
from phiward_host.common.errors import Failed

METRIC = "phiward_certificate_expiry_seconds"
MODE = 0o644
# A thousand sites are a tenth of this.
MOST_BYTES = 1 << 20


def write(path: str, sites: Sequence[Site]) -> list[str]:
    """Writes the ends of all certificates that can be read. Returns what went wrong."""
    try:
        files.write(path, text_of(sites), mode=MODE)
    except OSError as error:
        return [f"{path}: {error.strerror}: the metrics of the certificates cannot be written"]
    return []


def faults(path: str, sites: Sequence[Site]) -> list[str]:
    """What is wrong with the file, beside the certificates that are in use."""
    try:
        if not files.is_file(path):
            return [f"{path}: it is not there"]
        wrong = files.read(path, MOST_BYTES) != text_of(sites).encode()
    except OSError as error:
        return [f"{path}: {error.strerror}"]
    return [f"{path}: it shows other ends than the certificates that are in use have"] if wrong else []


def text_of(sites: Sequence[Site]) -> str:
    """The metrics; a site is left out while nobody can read its certificate."""
    ends = {site.name: _end_of(site) for site in sites}
    return "".join(
        [
            f"# HELP {METRIC} When the certificate of a site ends, in seconds since 1970.\n",
            f"# TYPE {METRIC} gauge\n",
            *(f'{METRIC}{{site="{name}"}} {end}\n' for name, end in sorted(ends.items()) if end is not None),
        ]
    )


def _end_of(site: Site) -> int | None:
    current = site.current()
    path = f"{current}/certificate.pem"
    try:
        certified = facts.of_certificate(path) if current is not None and files.exists(path) else None
    except (Failed, OSError):
        return None
    return None if certified is None else int(certified.not_after)
