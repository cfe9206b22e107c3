"""What authorities issued: one file for each site, with its key first and the chain after it.

It is in the host's backups. nginx reads copies (certificates/site.py), which may be another's for a while.
"""

from collections.abc import Collection
from dataclasses import dataclass

from phiward_host.common import files


@dataclass(frozen=True)
class Offered:
    """A key and its certificate with the chain, as PEM."""

    key: str
    chain: str


END = "-----END PRIVATE KEY-----\n"


def path_of(directory: str, site: str) -> str:
    """Where a site's key and chain are."""
    return f"{directory}/{site}.pem"


def read(directory: str, site: str) -> Offered | None:
    """What is kept for a site; None for nothing, or what is damaged: it is ordered again then. Raises OSError."""
    text = files.read_text_if_any(path_of(directory, site))
    key, end, chain = (text or "").partition(END)
    return Offered(key + end, chain) if end and chain.startswith("-----BEGIN CERTIFICATE-----") else None


def keep(directory: str, site: str, offered: Offered) -> None:
    """Keeps what was issued in the place of what was, in one step. Raises OSError."""
    files.make_directory(directory)
    files.write(path_of(directory, site), offered.key + offered.chain)


def discard(directory: str, site: str) -> None:
    """Removes what is kept for a site."""
    files.remove(path_of(directory, site))


def keep_only(directory: str, sites: Collection[str]) -> None:
    """Removes what is kept for any other site."""
    for name in files.names_if_any(directory):
        if name.removesuffix(".pem") not in sites:
            files.remove(f"{directory}/{name}")
