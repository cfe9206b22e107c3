"""Docker: its Engine's API over the socket, and programs run inside containers.

The API takes programs as lists, where the command line would want a shell.
"""

import base64
import http.client
import json
import socket
import urllib.parse
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import Completed

SOCKET = "/run/docker.sock"
API = "/v1.44"
ANSWER_SECONDS = 600
# A container that is started again this often does not become healthy.
RESTARTS = 3


class EngineConnection(http.client.HTTPConnection):
    """HTTP over the Engine's socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(SOCKET)
        except OSError as error:
            error.filename = SOCKET
            raise


def runs(state: Fields) -> bool:
    """Of a container's `State`. Between an end and the next start the Engine calls it running too.

    While it runs the exit code there is 0, whatever it ended with before.
    """
    return state.flag("Running") and not state.flag("Restarting")


def ask(
    method: str, path: str, body: object = None, *, allowed: Sequence[int] = (), timeout: float = ANSWER_SECONDS
) -> object:
    """The Engine's answer as JSON (an empty object where it sends none); None if its status is one of `allowed`.

    Raises Failed with the Engine's own message, which names images, containers and settings, and OSError if the Engine
    does not answer within `timeout` seconds.
    """
    status, text = _request(method, path, body, timeout)
    if status in allowed:
        return None
    if status >= 400:
        raise Failed(_message(text))
    return json.loads(text) if text.strip().startswith(("{", "[")) else {}


def ask_text(method: str, path: str, body: object = None) -> str:
    """The Engine's answer as it is sent, e.g. the output of a program. Raises Failed."""
    status, text = _request(method, path, body, ANSWER_SECONDS)
    if status >= 400:
        raise Failed(_message(text))
    return text


def archive(container: str, path: str, most: int) -> bytes | None:
    """A file or directory of a container's as a tar archive, not looked into; None where it is not there.

    Raises Failed, also for one of more than `most` bytes, and OSError.
    """
    connection = EngineConnection("docker", timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", f"{API}/containers/{quote(container)}/archive?path={quote(path)}")
        answer = connection.getresponse()
        data = answer.read(most + 1)
    finally:
        connection.close()
    if answer.status == 404:
        return None
    if answer.status >= 400:
        raise Failed(_message(data[:1000].decode(errors="replace")))
    if len(data) > most:
        raise Failed(f"{path} of the container {container} has more than {most >> 20} MB")
    return data


def pull(name: str, digest: str, login: Mapping[str, str] | None) -> None:
    """Has the Engine pull an image by its digest, where there is a login with that, which is in no argument.

    Raises Failed with the Engine's own message, and TimeoutError where it says nothing for ANSWER_SECONDS. A large
    image takes as long as it takes.
    """
    path = f"/images/create?fromImage={quote(name)}&tag={quote(digest)}"
    token = None if login is None else base64.urlsafe_b64encode(json.dumps(dict(login)).encode()).decode()
    status, text = _request("POST", path, None, ANSWER_SECONDS, {} if token is None else {"X-Registry-Auth": token})
    if status >= 400:
        raise Failed(_message(text))
    # What fails on the way comes as the last of many lines.
    last = text.strip().rpartition("\n")[2]
    error = Fields.of(json.loads(last), "answer") if last else None
    if error is not None and error.has("error"):
        raise Failed(error.text("error"))


def quote(name: str) -> str:
    """A name as part of a path of the API."""
    return urllib.parse.quote(name, safe="")


def exec_argv(container: str, argv: Sequence[str], *, user: str | None = None) -> list[str]:
    """The command that runs a program in a container; it reads standard input. `user` None is the image's own."""
    return ["docker", "exec", "--interactive", *(["--user", user] if user is not None else []), container, *argv]


def exec_in(
    container: str,
    argv: Sequence[str],
    *,
    stdin: str | None = None,
    user: str | None = None,
    timeout: float | None = process.TIMEOUT_SECONDS,
) -> Completed:
    """Runs a program in a container. Secrets go by `stdin`: an argument can be seen by everyone on the host."""
    return process.run(exec_argv(container, argv, user=user), stdin=stdin, timeout=timeout)


def _request(
    method: str, path: str, body: object, timeout: float | None, more: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, str]:
    connection = EngineConnection("docker", timeout=timeout)
    try:
        headers = {**({} if body is None else {"Content-Type": "application/json"}), **more}
        connection.request(method, API + path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def _message(text: str) -> str:
    try:
        return Fields.of(json.loads(text), "answer").text("message")
    except (ValueError, Refused):
        return text[:200]
