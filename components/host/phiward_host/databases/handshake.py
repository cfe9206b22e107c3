"""A TLS handshake with a running database server, from within its own network and as a client that verifies it."""

import re
from types import MappingProxyType

from phiward_host.common import files, process
from phiward_host.common.errors import Failed

# Where each kind listens, and how openssl(1) begins TLS with it.
REACHED = MappingProxyType({"postgres": ["5432", "-starttls", "postgres"], "redis": ["6380"]})
# No server has such a name (RFC 2606).
OTHER_NAME = "another.invalid"
SECONDS = 30.0
VERIFY = ("-verify_return_error", "-CAfile")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def faults(pid: int, kind: str, directory: str, name: str) -> list[str]:
    """What is wrong with how the server of the process `pid` meets its clients. Raises Failed where it is down."""
    if pid == 0:
        raise Failed("it does not run")
    trusted = f"{directory}/authority.pem"
    code, said = _shaken(pid, kind, [*VERIFY, trusted, "-verify_hostname", name])
    if code != 0:
        return [f"a client that verifies it does not get through: {_reason(said)}"]
    others, _ = _shaken(pid, kind, [*VERIFY, trusted, "-verify_hostname", OTHER_NAME])
    older, _ = _shaken(pid, kind, [*VERIFY, trusted, "-verify_hostname", name, "-tls1_2"])
    tests = [
        (_is_kept(said, directory), "it shows another certificate"),
        (re.search("^New, TLSv1.3,", said, re.MULTILINE) is not None, "its connections are not of TLS 1.3"),
        (others != 0, f"it passes for {OTHER_NAME}"),
        (older != 0, "it accepts TLS 1.2"),
    ]
    return [fault for holds, fault in tests if not holds]


def shows(pid: int, kind: str, directory: str) -> bool:
    """Whether a server shows the certificate that is there; not so where it is down."""
    said = _shaken(pid, kind, [])[1] if pid != 0 else ""
    return _is_kept(said, directory)


def _is_kept(said: str, directory: str) -> bool:
    shown, kept = (_CERTIFICATE.search(text) for text in (said, files.read_text(f"{directory}/server/certificate.pem")))
    return shown is not None and kept is not None and shown.group() == kept.group()


def _shaken(pid: int, kind: str, words: list[str]) -> tuple[int, str]:
    port, *begin = REACHED[kind]
    client = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *begin, *words]
    # In the network of the container: no firewall, and no address that another container could take, is between.
    argv = ["nsenter", "--target", str(pid), "--net", "--", *client]
    done = process.run(argv, stdin="", timeout=SECONDS)
    return done.code, f"{done.stdout}\n{done.stderr}"


def _reason(said: str) -> str:
    found = re.search(r"^(?:verify error:|Verification error: |.*:error:)(.*)$", said, re.MULTILINE)
    return "no handshake" if found is None else found.group(1)[:120]
