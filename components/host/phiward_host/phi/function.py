"""The functions of the schema `phi`: what encrypts, decrypts and records, and nothing that a caller could change.

Each has its search_path pinned, and nothing of a caller's runs inside: neither operator, cast nor temporary object.
What a session may set to see plans and parameters of what runs in it is set back in each that is called from outside.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# Owns the schema, its tables and its functions. A login over the server's socket alone, without a password.
OWNER = "phiward__phi"
# May read the server's files, and owns what reads the master key's.
KEY_READER = "phiward__key"
SCHEMA = "phi"
# Where pgcrypto is: nobody else may call it there, nor put anything of his own in its place.
CRYPTO = "phi_crypto"
# Where the server finds master keys (phiMaster.ts): `phi-master-EPOCH`, one line of so many characters, then the key.
# COPY shows the first hundred characters of the line at which a statement was ended.
KEY_FILES = "/run/secrets/phi-master-"
PADDING = 128
LONGEST = 200
LINES_AT_A_TIME = 5000

Rights = Literal["nobody", "owner", "readers", "writers", "both", "maintenance"]
PATH = "search_path=pg_catalog, pg_temp"
# Whoever calls could be shown plans, with the constants in them, and could have errors end the session unhandled.
CALLED = (
    PATH,
    "debug_print_parse=off",
    "debug_print_rewritten=off",
    "debug_print_plan=off",
    "client_min_messages=warning",
    "exit_on_error=off",
)


@dataclass(frozen=True)
class Function:
    """One function, as the catalog has it."""

    name: str
    arguments: str
    # The types of the arguments alone, as the catalog prints them.
    types: str
    returns: str
    body: str
    # Who may call it, beside who owns it.
    rights: Rights = "nobody"
    definer: bool = False
    owner: str = OWNER
    settings: Sequence[str] = (PATH,)

    @property
    def signature(self) -> str:
        """Its name and the types of its arguments."""
        return f"{SCHEMA}.{self.name}({self.types})"

    def definition(self) -> str:
        """The statement that makes it, or puts it right."""
        pairs = (setting.split("=", 1) for setting in self.settings)
        # A list of names is no text.
        sets = " ".join(f"SET {name} TO {value}" for name, value in pairs)
        security = "SECURITY DEFINER" if self.definer else "SECURITY INVOKER"
        return (
            f"CREATE OR REPLACE FUNCTION {SCHEMA}.{self.name}({self.arguments}) RETURNS {self.returns} "
            f"LANGUAGE plpgsql VOLATILE {security} {sets} AS $phi${self.body}$phi$;"
        )

    def fact(self, callers: Sequence[str]) -> str:
        """What FACTS says of it where it is as declared."""
        digest = hashlib.sha256(self.body.encode()).hexdigest()
        security = "definer" if self.definer else "invoker"
        allowed = ",".join(sorted({self.owner, *callers}))
        words = (
            self.signature,
            self.owner,
            self.returns,
            "plpgsql",
            security,
            ";".join(self.settings),
            digest,
            allowed,
        )
        return f"function {'|'.join(words)}"
