"""Homes belong to their accounts: what is in one is looked at with the account's rights, and never written."""

import base64
import binascii
import hashlib
import os
import pwd
from dataclasses import dataclass

from phiward_host.common import files
from phiward_host.common.account import as_account
from phiward_host.common.decode import Fields, as_strs, list_of
from phiward_host.common.errors import Failed

KEY_FILES = "authorized_keys*"
# Of a file with keys, more is not looked at; nor are more files of one home.
MOST_BYTES, MOST_FILES, MOST_KEYS = 65536, 20, 100


@dataclass(frozen=True)
class KeyFile:
    """A file with keys in a home, and the keys: fingerprint, comment and type."""

    path: str
    keys: list[str]


def key_files() -> list[KeyFile]:
    """The files in all homes by which a server that reads homes lets people in, by path.

    Raises nothing for what an account does to its home: what cannot be looked at is not named.
    """
    found: dict[str, KeyFile] = {}
    for account in pwd.getpwall():
        if account.pw_dir.rstrip("/") and os.path.isabs(account.pw_dir):
            found |= {file.path: file for file in _of_account(account)}
    return [found[path] for path in sorted(found)]


def _of_account(account: pwd.struct_passwd) -> list[KeyFile]:
    directory = f"{account.pw_dir.rstrip('/')}/.ssh"
    try:
        answer = as_account(account.pw_uid, account.pw_gid, lambda: _look(directory))
    except (Failed, OSError):
        return []
    rows = [Fields.of(row, "home") for row in list_of(lambda row, _: row)(answer, "home")]
    return [KeyFile(f"{directory}/{row.text('name')}", row.read("keys", as_strs)) for row in rows]


def _look(directory: str) -> object:
    """Runs as the account, in a process of its own: by a link it reads what it may read anyway."""
    try:
        found = files.matching(f"{directory}/{KEY_FILES}")[:MOST_FILES]
    except OSError:
        return []
    return [{"name": _printable(os.path.basename(path)), "keys": _keys(path)} for path in found]


def _keys(path: str) -> list[str]:
    try:
        text = files.read(path, MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    return [key for line in text.split("\n")[:MOST_KEYS] if (key := _fingerprint(line)) is not None]


def _fingerprint(line: str) -> str | None:
    """The key in a line of authorized_keys(5), for a person; options before it are passed over."""
    words = line.split()
    for index, word in enumerate(words[:-1]):
        if not word.startswith(("ssh-", "ecdsa-", "sk-")):
            continue
        try:
            blob = base64.b64decode(words[index + 1], validate=True)
        except (binascii.Error, ValueError):
            continue
        digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        comment = " ".join(words[index + 2 :]) or "no comment"
        kind = word.removeprefix("ssh-").split("-")[0].upper()
        return _printable(f"SHA256:{digest} {comment} ({kind})")
    return None


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
