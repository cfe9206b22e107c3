"""Requests from wherever this runs, for edge.test.ts: `raw` sends bytes over TLS or plain, `load` asks at a rate for a while,
`hold` begins many requests and ends none."""
import collections
import http.client
import json
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
        sock.settimeout(request.get("seconds", 1))
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


def load(address, name, ca, seconds, rate, kept, path):
    """Asks with eight threads, over a connection for each request or kept ones. A kept one that the server closed while it was
    idle is replaced, as clients do (RFC 9112 section 9.3.1); everything else that is not an answer counts by its name."""
    seen, versions, lock = collections.Counter(), collections.Counter(), threading.Lock()
    end = time.monotonic() + seconds
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
        while time.monotonic() < end:
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


if __name__ == "__main__":
    order = json.load(sys.stdin)
    print(json.dumps({"raw": raw, "load": load, "hold": hold}[order.pop("what")](**order)))
