"""Certificate authorities for acme.test.ts: pebble behind a server that counts what is asked, and can refuse or be away.

`acme.py PROGRAMS DIRECTORY ADDRESS HOST`: pebble's programs, a place for files, the address to listen at, and the address that all
names have. It reads an order a line, answers each with a line of JSON, and ends with its input.
"""

import http.client
import http.server
import json
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

PROGRAMS, DIRECTORY, ADDRESS, HOST = sys.argv[1:5]
# Name of an authority: the port that it is asked at, and that of the pebble behind it.
FRONTS = {"rehearsal": (14001, 14000), "real": (14002, 14000), "short": (14003, 24000)}
LIMIT = {"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many certificates already issued", "status": 429}
modes = dict.fromkeys(FRONTS, "open")
seen = []


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=DIRECTORY)


def make_certificates():
    """An authority by which the servers are trusted, and their certificate."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    ca = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    openssl("req", "-x509", *key, "-subj", "/CN=the test", *ca, "-keyout", "ca.key", "-out", "ca.pem")
    names = ["-addext", f"subjectAltName=IP:{ADDRESS},IP:127.0.0.1,DNS:api.digitalocean.com"]
    openssl("req", "-new", *key, "-subj", "/CN=server", *names, "-keyout", "server.key", "-out", "server.csr")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-copy_extensions", "copy"]
    openssl("x509", "-req", "-in", "server.csr", *signed, "-out", "server.pem")


def start_pebble(name, port, days_or_seconds):
    config = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{port + 1000}",
        "certificate": f"{DIRECTORY}/server.pem",
        "privateKey": f"{DIRECTORY}/server.key",
        "httpPort": 80,
        "tlsPort": 443,
        "retryAfter": {"authz": 1, "order": 1},
        "domainBlocklist": [],
        "certificateValidityPeriod": days_or_seconds,
    }
    with open(f"{DIRECTORY}/{name}.json", "w", encoding="utf-8") as file:
        json.dump({"pebble": config}, file)
    # Each validation is real, and none is taken over from another order. Of the nonces that pebble refuses at random by default certbot
    # bears one at a time alone, and what it then sends again would count as another order.
    env = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0", "PEBBLE_WFE_NONCEREJECT": "0"}
    return run(name, [f"{PROGRAMS}/pebble", "-config", f"{DIRECTORY}/{name}.json", "-dnsserver", "127.0.0.1:8053"], env)


def run(name, argv, env=None):
    with open(f"{DIRECTORY}/{name}.log", "wb") as log:
        return subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        name, behind = self.server.front
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if modes[name] == "away":
            self.close_connection = True
            return
        if modes[name] == "limit" and "order" in self.path:
            self.reply(429, {"Content-Type": "application/problem+json", "Retry-After": "7200"}, json.dumps(LIMIT).encode())
            return
        asked = http.client.HTTPSConnection("127.0.0.1", behind, context=ssl.create_default_context(cafile=f"{DIRECTORY}/ca.pem"))
        headers = {key: value for key, value in self.headers.items() if key.lower() not in ("connection", "accept-encoding")}
        asked.request(self.command, self.path, body, headers)
        given = asked.getresponse()
        kept = ("transfer-encoding", "content-length", "connection")
        self.reply(given.status, {key: value for key, value in given.getheaders() if key.lower() not in kept}, given.read())

    def reply(self, status, headers, body):
        seen.append([self.server.front[0], self.path, status])
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *_):
        pass


def listen(name, port, behind):
    server = http.server.ThreadingHTTPServer((ADDRESS, port), Front)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{DIRECTORY}/server.pem", f"{DIRECTORY}/server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.front = (name, behind)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def dns(path, value):
    """Tells the name server of the test."""
    for _ in range(50):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:8055/{path}", json.dumps(value).encode())
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the name server of the test does not answer")


def obey(order):
    """Carries out `{"mode": [NAME, MODE]}`, `{"address": [NAME, ADDRESS]}` or `{"seen": true}`, which empties what was seen."""
    if "mode" in order:
        modes[order["mode"][0]] = order["mode"][1]
    if "address" in order:
        name, address = order["address"]
        dns("clear-a", {"host": f"{name}."})
        dns("add-a", {"host": f"{name}.", "addresses": [address]})
    found = list(seen)
    if "seen" in order:
        seen.clear()
    return found


def main():
    make_certificates()
    names = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-dns01", "127.0.0.1:8053", "-management", "127.0.0.1:8055"]
    children = [run("dns", [f"{PROGRAMS}/pebble-challtestsrv", "-defaultIPv4", HOST, "-defaultIPv6", "", *names])]
    children += [start_pebble("long", 14000, 90 * 86400), start_pebble("short", 24000, 30)]
    for name, (port, behind) in FRONTS.items():
        listen(name, port, behind)
    dns("clear-a", {"host": "nothing.test."})
    with open(f"{DIRECTORY}/ca.pem", encoding="utf-8") as file:
        print(json.dumps({"ca": file.read()}), flush=True)
    try:
        for line in sys.stdin:
            print(json.dumps(obey(json.loads(line))), flush=True)
    finally:
        for child in children:
            child.kill()


main()
