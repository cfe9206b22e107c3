"""Speaks to the Docker Engine over its socket: its API takes programs as lists, where its command line would want a shell."""
import http.client
import json
import socket
import sys
import time
import urllib.parse

API = "/v1.44"
# A container that was started again this often does not become healthy.
RESTARTS = 3


class Failed(Exception):
    """What was asked cannot be done; the message is for the operator and holds no secret."""


class Socket(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(600)
        self.sock.connect("/run/docker.sock")


def ask(method, path, body=None, allowed=()):
    """The engine's answer; None if its status is one of `allowed`. Its own words name images, names and settings."""
    connection = Socket("docker")
    data = None if body is None else json.dumps(body)
    connection.request(method, API + path, data, {"Content-Type": "application/json"} if data else {})
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    if answer.status in allowed:
        return None
    if answer.status >= 400:
        raise Failed(message(text))
    return json.loads(text) if text.strip().startswith(("{", "[")) else {}


def message(text):
    try:
        return json.loads(text)["message"]
    except (ValueError, KeyError):
        return text[:200]


def quote(name):
    return urllib.parse.quote(name, safe="")


def remove_container(name, grace=10):
    """Stops it in its own time, then removes it and the volumes that have no name."""
    ask("POST", f"/containers/{quote(name)}/stop?t={grace}", allowed=(304, 404))
    ask("DELETE", f"/containers/{quote(name)}?v=true&force=true", allowed=(404,))


def start_healthy(name, request, seconds):
    """Makes and starts a container and waits until it is healthy, for `seconds` at most and through two restarts.

    It stays where it fails: the caller decides.
    """
    ask("POST", f"/containers/create?name={quote(name)}", request)
    ask("POST", f"/containers/{quote(name)}/start", allowed=(304,))
    began = time.monotonic()
    while True:
        found = ask("GET", f"/containers/{quote(name)}/json")
        waited = time.monotonic() - began
        state, restarts = found["State"], found["RestartCount"]
        # Between an end and the next start the Engine calls a container unhealthy: its health check is off, and says nothing.
        health = {} if state["Restarting"] else state.get("Health") or {}
        if health.get("Status") == "healthy":
            return
        if restarts >= RESTARTS or not (state["Running"] or state["Restarting"]):
            raise Failed(f"{name}: ended with exit code {state['ExitCode']} before it was healthy; see docker logs {name}")
        if health.get("Status") == "unhealthy" or waited > seconds:
            last = (health.get("Log") or [{}])[-1].get("ExitCode", "none yet")
            started_again = f"; it ended and was started again {restarts} times" if restarts else ""
            raise Failed(
                f"{name}: not healthy within {waited:.0f} s; its last health check: exit code {last}{started_again}; see docker logs {name}"
            )
        time.sleep(0.2)
