"""The host's own session in a Redis, and what checks ask by it: `redis ask CONTAINER SECRET WORD… [, WORD…]…`.

Its user may ask how the server is set and who its users are, and have their list read again. The password is a file
that only root can read, and goes to the client by standard input.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common import cli, files
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.databases import client

LOG = RootLog("redis")
USAGE = "redis ask CONTAINER SECRET WORD… [, WORD…]…, or redis settings CONTAINER SECRET NAME…"
# Between commands that are asked in one session; no word of a command is one.
AND = ","
HOST_USER = "phiward"
# It sets what a server reads of its certificate, and whether it has a port without TLS.
HOST_RIGHTS = "-@all +acl|load +acl|users +acl|list +acl|dryrun +config|get +config|set"
# By TLS; as redisFiles.ts has it.
CLIENT = ("redis-cli", "-p", "6380", "--tls", "--cacert", "/etc/phiward/tls/authority.pem", "--no-auth-warning")


class NotAccepted(Failed):
    """The server does not know the host's user by this password."""


@dataclass(frozen=True)
class RedisSession:
    """The host's user in one server."""

    container: str
    # Path of the file with the password.
    secret: str

    def password(self) -> str:
        """The password of the host's user."""
        return files.read_text(self.secret).strip()

    def ask(self, *words: str) -> list[str]:
        """Lines of the answers to commands, `AND` between them. Raises NotAccepted; Failed where the client fails."""
        lines = "\n".join(_line(command) for command in _commands(words))
        answers = client.execute(self.container, CLIENT, f"AUTH {HOST_USER} {self.password()}\n{lines}\n")
        if answers[:1] != ["OK"]:
            raise NotAccepted(f"{self.container}: Redis does not know the user {HOST_USER} by the host's password")
        return answers[1:]

    def settings(self, *names: str) -> list[str]:
        """`NAME VALUE` of each of these settings. Raises as `ask`."""
        answers = self.ask("CONFIG", "GET", *names)
        return [f"{name} {value}" for name, value in zip(answers[::2], answers[1::2], strict=False)]


def accepts(container: str, user: str, password: str) -> bool:
    """Whether a user logs in by this password."""
    return client.execute(container, CLIENT, f"AUTH {user} {password}\n")[:1] == ["OK"]


def _commands(words: Sequence[str]) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for word in words:
        if word == AND:
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def _line(words: Sequence[str]) -> str:
    """One command as the client reads it: its own quotes and escapes are refused rather than written."""
    if not words or not all(word and word.isprintable() and not set(word) & set(" \"'\\") for word in words):
        raise Refused("found a word with a quote, a space, a backslash or nothing in it, allowed: plain words")
    return " ".join(words)


def main(words: Sequence[str]) -> int:
    """Prints the answer. Exit code 1: there was none, or not to this user."""
    return cli.main("the Redis client", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    verb, rest = cli.choose(words, {"ask": RedisSession.ask, "settings": RedisSession.settings}, USAGE)
    if len(rest) < 3:
        raise Refused(f"found {len(words)} words, allowed: {USAGE}")
    try:
        answer = verb(RedisSession(rest[0], rest[1]), *rest[2:])
    except OSError as error:
        raise Failed(f"{error.filename or 'redis'}: {error.strerror}") from error
    print("\n".join(answer))
    return cli.DONE
