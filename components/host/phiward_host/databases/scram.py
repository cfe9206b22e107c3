"""SCRAM-SHA-256 verifiers as PostgreSQL stores them (RFC 5803), so that no password is ever sent to the server."""

import base64
import hashlib
import hmac
import re

# PostgreSQL's own default (`scram_iterations`).
ITERATIONS = 4096
_STORED = re.compile(r"SCRAM-SHA-256\$(\d+):([^$]+)\$.*")
_ANYWHERE = re.compile(r"SCRAM-SHA-256\$\S+")


def verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """The text that PostgreSQL stores for a password. It proves a password and does not reveal it."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored, server = (base64.b64encode(part).decode() for part in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${iterations}:{salt_text}${stored}:{server}"


def verifies(stored: str, password: str) -> bool:
    """Whether a stored verifier was made from this password. False for text in any other form, such as an MD5 hash."""
    match = _STORED.fullmatch(stored)
    if match is None:
        return False
    return hmac.compare_digest(verifier(password, base64.b64decode(match[2]), int(match[1])), stored)


def redacted(text: str) -> str:
    """Text with each verifier in it replaced by dots: an error message of PostgreSQL may quote the statement."""
    return _ANYWHERE.sub("...", text)
