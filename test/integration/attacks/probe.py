"""One attempt of an attacker, from whatever network and account this runs in; prints what came of it. For network.test.ts."""

import contextlib
import os
import socket
import struct
import sys
import time

SECONDS = 1.5


def tcp(address: str, port: str) -> str:
    """Connects: `open`, or why not."""
    try:
        socket.create_connection((address, int(port)), SECONDS).close()
    except OSError as error:
        return type(error).__name__
    return "open"


def udp(address: str, port: str) -> str:
    """Sends a datagram now and then."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        for _ in range(5):
            with contextlib.suppress(OSError):
                sock.sendto(b"patients", (address, int(port)))
            time.sleep(0.1)
    return "sent"


def hear(port: str) -> str:
    """Waits for a datagram, or for a connection whose first words are a request: `heard`, or `nothing`."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::", int(port)))
        sock.settimeout(SECONDS + 1)
        try:
            return "heard" if sock.recv(64) else "nothing"
        except TimeoutError:
            return "nothing"


def bind(kind: str, address: str, port: str) -> str:
    """Takes a port: `taken`, or why not."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            sock.bind((address, int(port)))
        except OSError as error:
            return type(error).__name__
    return "taken"


def ping(address: str) -> str:
    """Asks for an echo, by a raw socket: `answered`, or `nothing`."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.settimeout(SECONDS)
        header = struct.pack("!BBHHH", 8, 0, 0xF7FF - os.getpid() % 2, os.getpid() % 2, 0)
        with contextlib.suppress(OSError):
            sock.sendto(header, (address, 0))
        try:
            while sock.recv(256)[20] != 0:
                pass
        except TimeoutError:
            return "nothing"
    return "answered"


def advertise(interface: str, prefix: str) -> str:
    """Says that we are the network's router, and that addresses are of `prefix` (RFC 4861)."""
    router = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
    option = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 3600, 0) + socket.inet_pton(socket.AF_INET6, prefix)
    mtu = struct.pack("!BBHI", 5, 1, 0, 1280)
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        for _ in range(3):
            sock.sendto(router + mtu + option, ("ff02::1", 0, 0, socket.if_nametoindex(interface)))
            time.sleep(0.3)
    return "sent"


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    attempts = {"tcp": tcp, "udp": udp, "hear": hear, "bind": bind, "ping": ping, "advertise": advertise}
    print(attempts[what](*words))
