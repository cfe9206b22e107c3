"""`phiward.pyz break-glass RECORD ACCOUNT`: whether the password in the escrow is the account's.

The record is the agent's: what it saw of the account when the password was made. One that was put back, or a password
that was set by hand, is noticed by it; the password itself is nowhere on the host.
"""

from collections.abc import Sequence

from phiward_host.agent.kept_values import fingerprint
from phiward_host.common import cli, files
from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.people.accounts import hash_of

LOG = RootLog("people")
USAGE = "break-glass RECORD ACCOUNT"


def main(words: Sequence[str]) -> int:
    """Prints `escrowed`, or fails and says what to do."""
    return cli.main("the program for the break-glass account", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    if len(words) != 2:
        raise Refused(f"found {len(words)} words, allowed: {USAGE}")
    record, account = words
    seen = Fields.of(files.read_json(record) or {}, record).read_or("opens", optional(as_str), None)
    if seen != fingerprint(hash_of(account) or ""):
        raise Failed(f"{account}: its password is not the one in the escrow. Run npx phiward up, which makes a new one")
    print("escrowed")
    return cli.DONE
