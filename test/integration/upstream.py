"""A service for edge.test.ts: answers with what it was asked, says more than it should, and does what a path says: slow, drop."""
import http.server
import json
import socket
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Leaky/9.9"

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path.endswith("/slow"):
            time.sleep(3)
        if path.endswith("/drop"):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        refused = path == "/login" and body != b"right"
        text = json.dumps({"path": self.path, "bytes": len(body), "headers": dict(self.headers), "version": sys.argv[2]}).encode()
        self.send_response(401 if refused else 200)
        for name, value in (("Content-Length", str(len(text))), ("Set-Cookie", "session=1; Path=/"), ("Cache-Control", "public, max-age=60"),
                            ("X-Powered-By", "Leaky"), ("X-Frame-Options", "SAMEORIGIN")):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
