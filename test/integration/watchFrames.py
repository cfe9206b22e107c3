"""What a host sends, frame by frame, seen from the other end of its cable; and what asks it each ten milliseconds.

`watchFrames.py watch INTERFACE`: until its standard input ends; then one line of JSON: for each kind of frame that came
out of the cable its first and last time, and how many. `watchFrames.py ask ADDRESS4 ADDRESS6 PORT…`: asks for as long,
by echo requests and connections, and holds one connection open to the first port, into which it writes.
`watchFrames.py echo ADDRESS`: one echo request; exit code 0 where it is answered within two seconds, else 1.
"""

import contextlib
import json
import select
import socket
import struct
import sys
import time

EVERY = 0.01
OUTGOING = 4
# The kernel's own time of each frame, which this program may read later (socket(7)); Python has no name for it.
SO_TIMESTAMPNS = 35
TIMESPEC = struct.Struct("qq")


def kind(frame: bytes) -> str:
    ethertype = struct.unpack_from("!H", frame, 12)[0]
    data = frame[14:]
    if ethertype == 0x0806:
        return "arp"
    if ethertype == 0x0800:
        header = (data[0] & 15) * 4
        names = [socket.inet_ntop(socket.AF_INET, data[at : at + 4]) for at in (12, 16)]
        return named("ip", data[9], names, data[header:])
    if ethertype == 0x86DD:
        names = [socket.inet_ntop(socket.AF_INET6, data[at : at + 16]) for at in (8, 24)]
        return named("ip6", data[6], names, data[40:])
    return f"ethertype {ethertype:04x}"


def named(family: str, protocol: int, names: list[str], data: bytes) -> str:
    source, target = names
    if protocol in (6, 17) and len(data) >= 4:
        ports = struct.unpack_from("!HH", data)
        # Of a client's own port there are many.
        shown = [str(port) if port < 1024 else "*" for port in ports]
        word = "tcp" if protocol == 6 else "udp"
        flags = " syn" if protocol == 6 and len(data) > 13 and data[13] & 0x12 == 2 else ""
        return f"{family} {word} {source}:{shown[0]} > {target}:{shown[1]}{flags}"
    return f"{family} {protocol} {source} > {target} type {data[0] if data else ''}"


def watch(interface: str) -> None:
    seen: dict[str, list[float]] = {}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        raw.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        raw.bind((interface, 0))
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([raw, sys.stdin], [], [])
            if raw in ready:
                frame, [(_, _, stamp)], _, (_, _, way, _, _) = raw.recvmsg(65535, socket.CMSG_SPACE(TIMESPEC.size))
                if way == OUTGOING:
                    continue
                seconds, nanoseconds = TIMESPEC.unpack(stamp)
                now = seconds + nanoseconds / 1e9
                found = seen.setdefault(kind(frame), [now, now, 0])
                found[1], found[2] = now, found[2] + 1
            if sys.stdin in ready and not sys.stdin.buffer.read1():
                break
    print(json.dumps(seen), flush=True)


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ask(address4: str, address6: str, ports: list[int]) -> None:
    echo4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    echo6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    held = [socket.create_connection((address, ports[0]), 5) for address in (address4, address6)]
    tried: list[tuple[float, socket.socket]] = []
    print("ready", flush=True)
    number = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        number = (number + 1) % 65536
        body = struct.pack("!BBHHH", 8, 0, 0, 4711, number)
        body = struct.pack("!BBHHH", 8, 0, checksum(body), 4711, number)
        with contextlib.suppress(OSError):
            echo4.sendto(body, (address4, 0))
        with contextlib.suppress(OSError):
            echo6.sendto(struct.pack("!BBHHH", 128, 0, 0, 4711, number), (address6, 0))
        for family, address in ((socket.AF_INET, address4), (socket.AF_INET6, address6)):
            one = socket.socket(family, socket.SOCK_STREAM)
            one.setblocking(False)
            with contextlib.suppress(OSError):
                one.connect((address, ports[number % len(ports)]))
            tried.append((time.monotonic(), one))
        if number % 50 == 0:
            for one in held:
                with contextlib.suppress(OSError):
                    one.send(b"S")
        while tried and tried[0][0] < time.monotonic() - 3:
            tried.pop(0)[1].close()
        time.sleep(EVERY)


def echo(address: str) -> int:
    six = ":" in address
    family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
    body = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 4712, 1)
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    with socket.socket(family, socket.SOCK_RAW, protocol) as raw:
        raw.sendto(body, (address, 0))
        limit = time.monotonic() + 2
        while (left := limit - time.monotonic()) > 0 and select.select([raw], [], [], left)[0]:
            data, (source, *_) = raw.recvfrom(4096)
            # Of IPv4 with its header before it.
            answer = data if six else data[(data[0] & 15) * 4 :]
            if source == address and answer[0] == (129 if six else 0):
                return 0
    return 1


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        watch(sys.argv[2])
    elif sys.argv[1] == "echo":
        sys.exit(echo(sys.argv[2]))
    else:
        ask(sys.argv[2], sys.argv[3], [int(word) for word in sys.argv[4:]])
