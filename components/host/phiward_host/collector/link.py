"""The connection to the collector: TLS by OpenSSL, to a certificate of the declared authority and name."""

import fcntl
import select
import socket
import ssl
import struct
import termios
import time
from types import TracebackType
from typing import Self

from phiward_host.collector.settings import CA, CHAIN, CollectorSettings
from phiward_host.common.errors import Failed

CONNECT_SECONDS, SEND_SECONDS = 20.0, 60.0
# Milliseconds after which the kernel gives up what the other side does not acknowledge, tcp(7).
UNANSWERED = 60_000
# Of TLS 1.2; those of 1.3 are all of this kind.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
# X509_V_ERR_ of OpenSSL's x509_vfy.h.
REASONS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}
OTHERWISE = "its certificate is not of the declared authority"


class Link:
    """A connection that was proven. Each method raises Failed, or OSError, once it has ended."""

    def __init__(self, settings: CollectorSettings, key: str) -> None:
        """Connects. Raises Failed, and OSError, with nothing sent."""
        self.total = 0
        plain = socket.create_connection((settings.address, settings.port), CONNECT_SECONDS)
        try:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED)
            self._socket = _context(settings, key).wrap_socket(plain, server_hostname=settings.name)
        except BaseException:
            plain.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Hands it to the kernel; waits while the collector takes nothing."""
        self._socket.settimeout(SEND_SECONDS)
        self._socket.sendall(data)
        self.total += len(data)

    def require(self, seconds: float = 0.0) -> None:
        """Looks for so long whether the collector ends the connection; it has nothing else to say."""
        limit = time.monotonic() + seconds
        while self._has_more(limit - time.monotonic()):
            self._socket.settimeout(0.0)
            try:
                said = self._socket.recv(1024)
            except ssl.SSLWantReadError:
                # A message of TLS itself, of which there may be any number: no pause is shorter or longer for it.
                if time.monotonic() >= limit:
                    return
                continue
            raise Failed(
                "the collector ended the connection"
                if said == b""
                else "the collector speaks, which syslog has no need of"
            )

    def _has_more(self, seconds: float) -> bool:
        return bool(self._socket.pending() or select.select([self._socket], [], [], max(0.0, seconds))[0])

    def is_acknowledged(self, total: int) -> bool:
        """Whether the collector's machine has acknowledged what `total` was then (SIOCOUTQ of tcp(7)).

        What waits is counted as TLS has it, which is more: so what was sent since is more than that only once it is so.
        """
        waiting = fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, bytes(4))
        return struct.unpack("i", waiting)[0] <= self.total - total


def reason(error: Exception) -> str:
    """Why there is no connection, in the system's own words: what OpenSSL says at length may hold what others sent."""
    if isinstance(error, Failed):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the collector is not believed: {REASONS.get(error.verify_code, OTHERWISE)}"
    cause = type(error).__name__
    if isinstance(error, ssl.SSLError):
        cause = error.reason or cause
    elif isinstance(error, TimeoutError):
        cause = "no answer in time"
    elif isinstance(error, OSError):
        cause = error.strerror or cause
    return f"the collector cannot be reached ({cause})"


def _context(settings: CollectorSettings, key: str) -> ssl.SSLContext:
    # It demands a certificate and its name by itself.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.load_verify_locations(cafile=CA)
    if settings.has_certificate:
        context.load_cert_chain(CHAIN, key)
    return context
