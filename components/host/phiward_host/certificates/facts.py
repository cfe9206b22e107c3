"""What openssl(1) reads in a key or a certificate, told apart from an openssl that could not be asked.

A renewed certificate is one that clients may have to be told of, so that a single failed look must not cause one.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from phiward_host.common import process
from phiward_host.common.errors import Failed

# Seconds before each look at a file that openssl does not read.
PAUSES = (0, 1, 3)
# The exit code for what is no key or certificate; any other says that openssl was not there, killed or out of time.
UNREADABLE = 1
_PUBLIC_KEY = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True)
class KeyFacts:
    """The public half of a key as PEM, and how openssl describes the key."""

    public_key: str
    text: str


@dataclass(frozen=True)
class CertificateFacts:
    """Public key as PEM, alternative names, begin and end of validity in seconds since 1970, and who issued it."""

    public_key: str
    names: Sequence[str]
    not_before: float
    not_after: float
    is_self_signed: bool


def of_key(path: str) -> KeyFacts | None:
    """The facts of a private key; None for what is no key. Raises Failed where openssl cannot tell."""
    text = _read(["pkey", "-in", path, "-pubout", "-text_pub"])
    return None if text is None else KeyFacts(_first(_PUBLIC_KEY, text), text)


def of_certificate(path: str) -> CertificateFacts | None:
    """The facts of a certificate; None for what is none. Raises Failed where openssl cannot tell."""
    options = ["-noout", "-pubkey", "-dates", "-dateopt", "iso_8601", "-subject", "-issuer", "-ext", "subjectAltName"]
    text = _read(["x509", "-in", path, *options])
    if text is None:
        return None
    try:
        begin, end = (datetime.fromisoformat(_line(name, text)).timestamp() for name in ("notBefore", "notAfter"))
    except (ValueError, OverflowError):
        # Whoever issues one writes what it likes for a time: openssl shows it, and nobody can use it.
        return None
    return CertificateFacts(
        public_key=_first(_PUBLIC_KEY, text),
        names=re.findall(r"DNS:([^,\s]+)", text),
        not_before=begin,
        not_after=end,
        is_self_signed=_line("subject", text) == _line("issuer", text),
    )


def _line(name: str, text: str) -> str:
    # A certificate of an authority may have no subject.
    return _first(re.compile(rf"(?<=^{name}=).*$", re.MULTILINE), text)


def _read(words: Sequence[str]) -> str | None:
    code = 0
    for pause in PAUSES:
        time.sleep(pause)
        done = process.run(["openssl", *words])
        if done.code == 0:
            return done.stdout
        code = done.code
    if code == UNREADABLE:
        return None
    raise Failed(f"{words[2]}: could not be examined: {process.ended('openssl', code)}; it stays in use")


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise Failed("openssl printed something else than it was asked for; what is there stays in use")
    return found.group()


def covers(certificate: CertificateFacts, host: str) -> bool:
    """Whether a certificate is for a host name, also by a wildcard in the place of its first label (RFC 9525)."""
    _, _, rest = host.partition(".")
    return host in certificate.names or f"*.{rest}" in certificate.names
