"""A service for edge.test.ts: answers with what it was asked, says more than it should, and does what a path says: slow, drop,
a WebSocket that echoes at /live, a study of any size at /study, files of a page at /assets."""
import base64
import hashlib
import http.server
import json
import socket
import sys
import time

ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
NONCE = "c2l4dGVlbiByYW5kb20gYg=="
SCRIPT = b"export const page = 'an interface';\n" * 2000
BLOCK = bytes(1 << 20)
POLICIES = {"/own": f"default-src 'self'; script-src 'nonce-{NONCE}'", "/reports": "default-src 'none'; report-uri https://reports.test/"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Leaky/9.9"

    def do(self):
        path = self.path.partition("?")[0]
        if path.startswith("/live") and self.headers.get("Upgrade") == "websocket":
            return self.echo()
        if path == "/study":
            return self.take_study() if self.command == "PUT" else self.send_study()
        if path.startswith("/assets"):
            return self.send_asset(path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path.endswith("/slow"):
            time.sleep(3)
        if path.endswith("/drop"):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        refused = path == "/login" and body != b"right" or path == "/basic" and self.headers.get("Authorization") != "Basic right"
        text = json.dumps({"path": self.path, "bytes": len(body), "headers": dict(self.headers), "version": sys.argv[2]}).encode()
        self.send_response(401 if refused else 200)
        own = next((policy for end, policy in POLICIES.items() if path.endswith(end)), None)
        if own:
            self.send_header("Content-Security-Policy", own)
        if path.endswith("/cookies"):
            self.send_header("Set-Cookie", "csrftoken=2; Path=/; SameSite=None")
        for name, value in (("Content-Length", str(len(text))), ("Set-Cookie", "session=1; Path=/"), ("Cache-Control", "public, max-age=60"),
                            ("X-Powered-By", "Leaky"),
                            ("X-Frame-Options", "DENY" if path.endswith("/denied") else "SAMEORIGIN")):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def echo(self):
        accept = base64.b64encode(hashlib.sha1((self.headers["Sec-WebSocket-Key"] + ACCEPT).encode()).digest()).decode()
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()
        while part := self.connection.recv(65536):
            self.connection.sendall(part)
        self.close_connection = True

    def take_study(self):
        """Counts what comes, whole or in chunks, and keeps none of it."""
        size = 0
        if self.headers.get("Transfer-Encoding") == "chunked":
            while length := int(self.rfile.readline(), 16):
                size += length
                while length:
                    length -= len(self.rfile.read(min(length, 1 << 20)))
                self.rfile.readline()
            self.rfile.readline()
        else:
            left = int(self.headers["Content-Length"])
            while left:
                part = len(self.rfile.read(min(left, 1 << 20)))
                size, left = size + part, left - part
        self.answer(200, [("Content-Type", "application/json")], json.dumps({"bytes": size}).encode())

    def send_study(self):
        """As many bytes as the query says, or the range that is asked for."""
        size = int(self.path.partition("?")[2])
        first, last = 0, size - 1
        asked = self.headers.get("Range")
        if asked:
            first, last = (int(place) for place in asked.removeprefix("bytes=").split("-"))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        left = last - first + 1
        while left:
            left -= self.wfile.write(BLOCK[:min(left, len(BLOCK))])

    def send_asset(self, path):
        cookie = [("Set-Cookie", "visitor=1")] if path.endswith("/visitor") else []
        status = 404 if path.endswith("/missing") else 200
        self.answer(status, [("Content-Type", "text/javascript"), ("Cache-Control", "no-cache"), *cookie], SCRIPT)

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
