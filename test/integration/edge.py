"""Requests from wherever this runs, for edge.test.ts: `raw` sends bytes over TLS or plain, `load` asks at a rate while a file is there,
`hold` begins many requests and ends none, `upgrade` opens a WebSocket, `stream` sends and takes a large body, `slow` pauses in one."""
import collections
import http.client
import json
import os
import resource
import socket
import ssl
import sys
import threading
import time


def connect(address, name, ca, plain=False, clear=False):
    """Over TLS, to the port of HTTP (`plain`), or in the clear to that of HTTPS (`clear`)."""
    sock = socket.create_connection((address, 80 if plain else 443), 10)
    return sock if plain or clear else ssl.create_default_context(cafile=ca).wrap_socket(sock, server_hostname=name)


def raw(address, name, ca, requests):
    """Each request as it is; answers are read until the server closes or is silent."""
    answers = []
    for request in requests:
        sock = connect(address, name, ca, request.get("plain", False), request.get("clear", False))
        sock.sendall(request["bytes"].encode("latin-1"))
        sock.settimeout(request.get("seconds", 10))
        text = b""
        try:
            while part := sock.recv(65536):
                text += part
        except OSError:
            pass
        sock.close()
        answers.append(text.decode("latin-1"))
    return answers


def hold(address, name, ca, port, count):
    """Opens this many connections, begins a request on each, and says after a second how many of them are open."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    begun = []
    for _ in range(count):
        try:
            begun.append(socket.create_connection((address, port), 2))
            begun[-1].sendall(b"GET / HTTP/1.1\r\nHost: " if port == 80 else b"\x16\x03\x01")
        except OSError:
            pass
    time.sleep(1)

    def is_open(sock):
        sock.setblocking(False)
        try:
            return sock.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    return sum(is_open(sock) for sock in begun)


def listener(address, name, ca, port, bytes, count=1, certificate=None, newest=None, seconds=2):
    """Opens this many connections to a listener, with a certificate if it has one, and sends the same by each: what comes first by
    each of them, empty where it was closed, or why there was no connection: a firewall that drops is seen after `seconds`."""
    context = ssl.create_default_context(cafile=ca)
    if certificate:
        context.load_cert_chain(certificate)
    if newest:
        context.maximum_version = ssl.TLSVersion[newest]
    opened, answers = [], []
    for _ in range(count):
        try:
            sock = socket.create_connection((address, port), seconds)
            sock.settimeout(10)
            opened.append(context.wrap_socket(sock, server_hostname=name))
        except OSError as error:
            answers.append(type(error).__name__)
    for sock in opened:
        try:
            sock.sendall(bytes.encode("latin-1"))
            answers.append(sock.recv(64).decode("latin-1"))
        except OSError as error:
            answers.append("" if isinstance(error, (ConnectionError, ssl.SSLError)) else type(error).__name__)
    for sock in opened:
        sock.close()
    return answers


def load(address, name, ca, running, rate, kept, path):
    """Asks with eight threads for as long as the file `running` is there, over a connection for each request or kept ones. A kept
    one that the server closed while it was idle is replaced, as clients do (RFC 9112 section 9.3.1); everything else that is not an
    answer counts by its name."""
    seen, versions, lock = collections.Counter(), collections.Counter(), threading.Lock()
    # Whoever made the file may be gone.
    end = time.monotonic() + 600
    # A renewal makes a new key, which nobody can know beforehand.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    class Connection(http.client.HTTPSConnection):
        def connect(self):
            self.sock = context.wrap_socket(socket.create_connection((address, 443), 10), server_hostname=name)

    def ask(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return str(answer.status), json.loads(answer.read()).get("version", "")

    def worker():
        connection = None
        while os.path.exists(running) and time.monotonic() < end:
            began = time.monotonic()
            stale = connection is not None
            try:
                try:
                    connection = connection or Connection(name)
                    result, version = ask(connection)
                except (OSError, http.client.HTTPException):
                    if not stale:
                        raise
                    connection = Connection(name)
                    result, version = ask(connection)
            except Exception as error:
                result, version, connection = type(error).__name__, "", None
            if connection and not kept:
                connection.close()
                connection = None
            with lock:
                seen[result] += 1
                versions[version] += 1
            time.sleep(max(0, 8 / rate - (time.monotonic() - began)))

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seen": seen, "versions": versions}


def read_head(sock):
    head = b""
    while b"\r\n\r\n" not in head:
        part = sock.recv(65536)
        if not part:
            break
        head += part
    return head.partition(b"\r\n\r\n")


def upgrade(address, name, ca, requests):
    """Asks for a WebSocket; of each answer its head, and what comes back of a frame that is sent after `pause` seconds."""
    answers = []
    for path, headers, pause in requests:
        sock = connect(address, name, ca)
        sock.settimeout(30)
        lines = [f"GET {path} HTTP/1.1", f"Host: {name}", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *headers]
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head, _, rest = read_head(sock)
        back = b""
        if head.startswith(b"HTTP/1.1 101"):
            time.sleep(pause)
            try:
                sock.sendall(b"\x81\x02hi")
                back = sock.recv(4)
            except OSError:
                pass
        answers.append([head.decode("latin-1"), (back or rest).decode("latin-1")])
        sock.close()
    return answers


def stream(address, name, ca, path, size, up, chunked=False):
    """Sends a body of `size` bytes, or takes one; says how many bytes arrived, and how long it took."""
    began = time.monotonic()
    sock = connect(address, name, ca)
    sock.settimeout(120)
    block = bytes(1 << 20)
    if up:
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
        sock.sendall(f"PUT {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n{length}\r\n\r\n".encode())
        for _ in range(size >> 20):
            sock.sendall(b"100000\r\n" + block + b"\r\n" if chunked else block)
        if chunked:
            sock.sendall(b"0\r\n\r\n")
    else:
        sock.sendall(f"GET {path}?{size} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    head, _, rest = read_head(sock)
    taken, into = len(rest), bytearray(1 << 20)
    text = rest
    while count := sock.recv_into(into):
        taken += count
        if up:
            text += into[:count]
    arrived = json.loads(text)["bytes"] if up and text.startswith(b"{") else taken
    return {"head": head.decode("latin-1"), "bytes": arrived, "seconds": round(time.monotonic() - began, 1)}


def slow(address, name, ca, path, pause):
    """Sends the half of a body, is silent for a while, and sends the rest."""
    sock = connect(address, name, ca)
    sock.settimeout(pause + 10)
    sock.sendall(f"POST {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\nContent-Length: 8\r\n\r\nhalf".encode())
    try:
        sock.settimeout(pause)
        head = sock.recv(12)
    except TimeoutError:
        sock.settimeout(10)
        sock.sendall(b"half")
        head = sock.recv(12)
    except OSError as error:
        head = type(error).__name__.encode()
    return head.decode("latin-1")


if __name__ == "__main__":
    order = json.load(sys.stdin)
    calls = {"raw": raw, "load": load, "hold": hold, "upgrade": upgrade, "stream": stream, "slow": slow, "listener": listener}
    print(json.dumps(calls[order.pop("what")](**order)))
