"""Accounts of services in Redis: a file of access control lists that is the host's own, and that Redis sees read-only.

So nobody on its network can change who may do what. The host's account, `phiward`, may load the file and list users.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common import files
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.databases import client
from phiward_host.databases.engine import User

# A service may do what it needs and nothing that is an operator's; libraries ask INFO whether a server is ready.
COMMANDS = "+@all -@admin -@dangerous +info"
HOST_USER = "phiward"
# It may only ping, which is enough to try another user's password by AUTH.
HEALTH_USER = "health"


@dataclass(frozen=True)
class RedisAccounts:
    """The accounts in one Redis server."""

    container: str
    users: Sequence[User]
    acl: str
    # Number of Redis' group in its image, which reads the file.
    group: int
    # Lines of the users that are the host's own.
    base: Sequence[str]

    @staticmethod
    def from_json(value: object, path: str) -> "RedisAccounts":
        """One database of the settings."""
        fields = Fields.of(value, path)
        return RedisAccounts(
            container=fields.text("container"),
            users=fields.items("users", User.from_json),
            acl=fields.text("acl"),
            group=fields.integer("group"),
            base=fields.texts("base"),
        )

    def add(self) -> None:
        declared = self._declared()
        names = _names(declared)
        others = [line for line in self._stored() if _name(line) not in names]
        self._load(declared + others)

    def is_added(self) -> bool:
        declared = self._declared()
        if not set(declared) <= set(self._stored()) or not _names(declared) <= self._live():
            return False
        return all(self._accepts(user) for user in self.users)

    def retire(self) -> None:
        self._load(self._declared())

    def is_retired(self) -> bool:
        declared = self._declared()
        return sorted(declared) == sorted(self._stored()) and _names(declared) == self._live()

    def _declared(self) -> list[str]:
        """Lines of the file as they are declared."""
        shared = len(self.users) > 1
        return [*self.base, *(_line(user, shared) for user in self.users)]

    def _stored(self) -> list[str]:
        """Lines of the file as it is."""
        try:
            text = files.read_text(self.acl)
        except FileNotFoundError:
            return []
        return [line for line in text.splitlines() if line.startswith("user ")]

    def _live(self) -> set[str]:
        """Names of the users that the server knows."""
        return set(self._ask(HOST_USER, "ACL USERS"))

    def _accepts(self, user: User) -> bool:
        return self._ask(HEALTH_USER, f"AUTH {user.login} {user.password()}")[:1] == ["OK"]

    def _load(self, lines: Sequence[str]) -> None:
        """Replaces the file and has Redis load it, which ends the sessions of users that are gone, and no others."""
        files.write(self.acl, "\n".join(lines) + "\n", owner=(0, self.group), mode=0o440)
        answer = self._ask(HOST_USER, "ACL LOAD")
        if answer != ["OK"]:
            raise Failed(f"{self.container}: ACL LOAD: {' '.join(answer)[:200]}")

    def _ask(self, user: str, command: str) -> list[str]:
        argv = ["redis-cli", "--no-auth-warning", "--user", user, "--pass", "none"]
        return client.execute(self.container, argv, f"{command}\n")


def _line(user: User, shared: bool) -> str:
    """One user's line. Services that share a Redis have their own keys and channels, by prefix."""
    patterns = f"~{user.service}:* &{user.service}:*" if shared else "~* &*"
    password = hashlib.sha256(user.password().encode()).hexdigest()
    return f"user {user.login} on resetpass #{password} resetkeys resetchannels {patterns} -@all {COMMANDS}"


def _name(line: str) -> str:
    return line.split()[1]


def _names(lines: Sequence[str]) -> set[str]:
    return {_name(line) for line in lines}
