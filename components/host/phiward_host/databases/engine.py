"""What a database engine has to offer so that services can have accounts in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from phiward_host.common import files
from phiward_host.common.decode import Fields, as_strs
from phiward_host.common.log import RootLog

LOG = RootLog("accounts")


@dataclass(frozen=True)
class User:
    """One account of a service."""

    service: str
    # Name that it logs in by, with the epoch of its password.
    login: str
    # Path of the file with its password.
    secret: str
    # Extensions of PostgreSQL that it needs in its database.
    extensions: Sequence[str] = ()

    @staticmethod
    def from_json(value: object, path: str) -> "User":
        """One user of the settings."""
        fields = Fields.of(value, path)
        return User(
            service=fields.text("service"),
            login=fields.text("login"),
            secret=fields.text("secret"),
            extensions=fields.read_or("extensions", as_strs, []),
        )

    def password(self) -> str:
        """The password, read from a file that only root can read."""
        return files.read_text(self.secret).strip()


class DatabaseAccounts(Protocol):
    """The accounts in one running database server. Each method raises Failed where the server rejects a command.

    A rotation adds new accounts beside the old ones, and retires the old ones when nothing uses them any more.
    """

    def add(self) -> None:
        """Creates the declared accounts, or corrects them. Accounts of earlier epochs keep working."""
        ...

    def is_added(self) -> bool:
        """Whether each declared account exists with its password."""
        ...

    def retire(self) -> None:
        """Ends the sessions of accounts that are not declared, and removes these accounts."""
        ...

    def is_retired(self) -> bool:
        """Whether the declared accounts exist and no others."""
        ...
