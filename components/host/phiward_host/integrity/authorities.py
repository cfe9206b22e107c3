"""Certificate authorities in the bundle that programs read, which no package brought."""

import hashlib
import re
from collections.abc import Iterator

from phiward_host.common import files
from phiward_host.integrity.finding import Finding
from phiward_host.integrity.packages import Packages

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
SHARED = "/usr/share/ca-certificates/"
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


def findings(packages: Packages) -> Iterator[Finding]:
    """Raises OSError."""
    bundle = files.read_text_if_any(BUNDLE)
    if bundle is None:
        return
    shipped = [path for path in packages.paths if path.startswith(SHARED) and path.endswith(".crt")]
    known = {digest for path in shipped for digest in digests(files.read_text_if_any(path) or "")}
    for digest in digests(bundle):
        if digest not in known:
            yield Finding("certificate authority", f"{BUNDLE} sha256:{digest[:16]}", digest)


def digests(text: str) -> list[str]:
    """SHA-256 of each certificate of a text, over its base64 without line breaks."""
    return [hashlib.sha256("".join(body.split()).encode()).hexdigest() for body in CERTIFICATE.findall(text)]
