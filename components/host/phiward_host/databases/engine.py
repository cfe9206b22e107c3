"""What a database engine has to offer so that services can have accounts in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class User:
    """One account: the service it is for, the name it logs in by (with the epoch of its password), and its password's file."""

    service: str
    login: str
    secret: Path

    def password(self) -> str:
        """The password, read from a file that only root can read."""
        return self.secret.read_text(encoding="ascii").strip()


class DatabaseAccounts(Protocol):
    """The accounts in one running database server. Each method raises Refused where the server rejects a command.

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
