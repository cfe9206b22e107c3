"""Accounts of services in Redis: a file of access control lists that is the host's own, and that Redis sees read-only.

So nobody on its network can change who may do what. Every user has a password or is off. One server is one service's
own: commands such as SCAN and RANDOMKEY show every key whatever a user's patterns are, and one script stops all others.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common import files, process
from phiward_host.common.decode import Fields, as_str
from phiward_host.common.errors import Failed, Refused
from phiward_host.databases import metrics_login
from phiward_host.databases.engine import User
from phiward_host.databases.redis_profiles import PROFILES, SESSIONS, host_rights, rights, trials
from phiward_host.databases.redis_session import AND, HOST_RIGHTS, HOST_USER, NotAccepted, RedisSession, accepts

RESTART_SECONDS = 60
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class RedisAccounts:
    """The accounts in one Redis server."""

    container: str
    users: Sequence[User]
    acl: str
    # Path of the file with the password of the host's user.
    secret: str
    # The same, of the user that is asked for numbers.
    metrics: str
    # Number of Redis' group in its image, which reads the file.
    group: int
    # Lines of the users that every server has, without a password and off.
    base: Sequence[str]
    # What it is for.
    profile: str = SESSIONS

    @staticmethod
    def from_json(value: object, path: str) -> "RedisAccounts":
        """One database of the settings."""
        fields = Fields.of(value, path)
        users = fields.items("users", User.from_json)
        if len(users) > 1:
            raise Refused(f"{path}.users: found {len(users)}, allowed: one; a Redis is one service's own")
        profile = fields.read_or("profile", as_str, SESSIONS)
        if profile not in PROFILES:
            raise Refused(f"{path}.profile: found another, allowed: {', '.join(PROFILES)}")
        return RedisAccounts(
            profile=profile,
            container=fields.text("container"),
            users=users,
            secret=fields.text("secret"),
            metrics=fields.text("metrics"),
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
        # A file that was written and not loaded leaves other rights than it has.
        if not all(self._may_as_declared(user) for user in self.users):
            return False
        return all(accepts(self.container, user.login, user.password()) for user in self.users)

    def retire(self) -> None:
        self._load(self._declared())

    def is_retired(self) -> bool:
        declared = self._declared()
        return sorted(declared) == sorted(self._stored()) and _names(declared) == self._live()

    def _declared(self) -> list[str]:
        """Lines of the file as they are declared."""
        host = _line(HOST_USER, self._session().password(), HOST_RIGHTS + host_rights(self.profile))
        password = files.read_text(self.metrics).strip()
        metrics = _line(metrics_login.LOGIN, password, metrics_login.REDIS_RIGHTS)
        services = [_line(user.login, user.password(), f"~* &* -@all {rights(self.profile)}") for user in self.users]
        return [*self.base, host, metrics, *services]

    def _stored(self) -> list[str]:
        """Lines of the file as it is."""
        try:
            text = files.read_text(self.acl)
        except FileNotFoundError:
            return []
        return [line for line in text.splitlines() if line.startswith("user ")]

    def _live(self) -> set[str]:
        """Names of the users that the server knows."""
        return set(self._session().ask("ACL", "USERS"))

    def _may_as_declared(self, user: User) -> bool:
        """Whether the server allows a user the commands of the profile, and none of another's."""
        tried = trials(self.profile)
        words: list[str] = []
        for call, _ in tried:
            words += [*([AND] if words else []), "ACL", "DRYRUN", user.login, *call]
        return [answer == "OK" for answer in self._session().ask(*words)] == [allowed for _, allowed in tried]

    def _session(self) -> RedisSession:
        return RedisSession(self.container, self.secret)

    def _load(self, lines: Sequence[str]) -> None:
        """Replaces the file and has Redis load it, which ends the sessions of users that are gone, and no others.

        A server that was never told of the host's user reads the file when it starts, and is started again.
        """
        files.write(self.acl, "\n".join(lines) + "\n", owner=(0, self.group), mode=0o440)
        try:
            answer = self._session().ask("ACL", "LOAD")
        except NotAccepted:
            self._restart()
            return
        if answer != ["OK"]:
            raise Failed(f"{self.container}: ACL LOAD: {' '.join(answer)[:200]}")

    def _restart(self) -> None:
        done = process.run(["docker", "restart", f"--time={RESTART_SECONDS}", self.container])
        if done.code != 0:
            raise Failed(f"{self.container}: {process.ended('docker restart', done.code)}")
        limit = time.monotonic() + RESTART_SECONDS
        while not self._knows_host():
            if time.monotonic() > limit:
                raise Failed(
                    f"{self.container}: Redis does not accept the host's user {RESTART_SECONDS} s after its restart; "
                    f"see docker logs {self.container}"
                )
            time.sleep(POLL_SECONDS)

    def _knows_host(self) -> bool:
        try:
            return HOST_USER in self._live()
        except Failed:
            return False


def _line(login: str, password: str, rights: str) -> str:
    """One user's line. The server keeps the hash of the password alone."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f"user {login} on resetpass #{digest} resetkeys resetchannels {rights}"


def _name(line: str) -> str:
    return line.split()[1]


def _names(lines: Sequence[str]) -> set[str]:
    return {_name(line) for line in lines}
