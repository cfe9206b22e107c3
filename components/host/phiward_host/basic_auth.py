"""Files of users for nginx's Basic authentication: hashes of passwords that were brought, made on this host.

A hash is made again only where it is not of the password that is there. A password goes to openssl(1) on its standard
input, and is in no message.
"""

import grp
import re
import secrets
import stat
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.common import cli, files, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog

LOG = RootLog("basic-auth")
USAGE = "basic-auth make|check"
SETTINGS = "/etc/phiward/basic-auth/users.json"
OWNER = 0
GROUP = "www-data"
MODE = 0o640
# Of a file of users: a thousand of them are a tenth of this.
MOST_BYTES = 1 << 20
# openssl passwd cuts longer ones off, and what is not ASCII each browser sends differently.
USABLE = re.compile(r"[ -~]{12,200}")
ALLOWED = "12 to 200 characters of printable ASCII on one line"
SALT_LETTERS = f"{string.ascii_letters}{string.digits}"
SALT_LENGTH = 16
HASH = re.compile(r"\$6\$([A-Za-z0-9./]{1,16})\$[A-Za-z0-9./]{86}")


@dataclass(frozen=True)
class User:
    """A user, and the path of the password."""

    name: str
    password: str

    @staticmethod
    def from_json(value: object, path: str) -> "User":
        fields = Fields.of(value, path)
        return User(fields.text("name"), fields.text("password"))


@dataclass(frozen=True)
class UserFile:
    """A file that nginx reads, and who is in it."""

    path: str
    users: Sequence[User]

    @staticmethod
    def from_json(value: object, path: str) -> "UserFile":
        fields = Fields.of(value, path)
        return UserFile(fields.text("path"), fields.items("users", User.from_json))


def make(declared: Sequence[UserFile]) -> int:
    """Writes the files that are not as declared, each in one step. Raises Refused for what may be no password."""
    for file in declared:
        if _faults(file):
            found = _hashes(file)
            text = "".join(f"{user.name}:{_hash_for(user, found)}\n" for user in file.users)
            files.write(file.path, text, owner=(OWNER, _group()), mode=MODE)
            print(f"{file.path}: written", flush=True)
    return cli.DONE


def check(declared: Sequence[UserFile]) -> int:
    """Prints what is not as declared. Exit code 1 if anything is."""
    faults = [f"{file.path}: {fault}" for file in declared for fault in _faults(file)]
    print("\n".join(faults) or "all users are as declared")
    return cli.FAILED if faults else cli.DONE


def _faults(file: UserFile) -> list[str]:
    found = files.status(file.path)
    if found is None:
        return ["it is not there"]
    if not stat.S_ISREG(found.st_mode):
        return ["something else than a file is there"]
    faults: list[str] = []
    if (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) != (OWNER, _group(), MODE):
        faults.append("others than the web server can read it, or others than root write it")
    names = [line.partition(":")[0] for line in _lines(file)]
    wanted = [user.name for user in file.users]
    if any(name not in wanted for name in names):
        faults.append("users are in it that are not declared")
    elif names != wanted:
        faults.append("declared users are missing in it, or are there twice")
    hashes = _hashes(file)
    faults += [f"{user.name} has another password" for user in file.users if not _is_of(user, hashes.get(user.name))]
    return faults


def _lines(file: UserFile) -> list[str]:
    found = files.status(file.path)
    if found is None or not stat.S_ISREG(found.st_mode):
        return []
    return files.read(file.path, MOST_BYTES).decode(errors="replace").splitlines()


def _hashes(file: UserFile) -> dict[str, str]:
    parted = (line.partition(":") for line in _lines(file))
    return {name: value for name, _, value in parted if HASH.fullmatch(value)}


def _hash_for(user: User, found: Mapping[str, str]) -> str:
    value = found.get(user.name)
    if value is not None and _is_of(user, value):
        return value
    return _hash(_password(user), "".join(secrets.choice(SALT_LETTERS) for _ in range(SALT_LENGTH)))


def _is_of(user: User, value: str | None) -> bool:
    match = None if value is None else HASH.fullmatch(value)
    return match is not None and secrets.compare_digest(_hash(_password(user), match[1]), match[0])


def _password(user: User) -> str:
    text = files.read_text_if_any(user.password)
    name = user.password.rpartition("/")[2].removesuffix(".password")
    if text is None:
        raise Failed(f"secrets.{name}: its file is not on this host; deploy again")
    password = text.removesuffix("\n").removesuffix("\r")
    if USABLE.fullmatch(password) is None:
        raise Refused(
            f"secrets.{name}: found text that cannot be the password of {user.name}, allowed: {ALLOWED}; "
            f"set another one by pulumi config set --secret --path 'secrets.{name}'"
        )
    return password


def _hash(password: str, salt: str) -> str:
    # SHA-512 crypt: of those that nginx's crypt(3) and openssl both know, the one that is slowest to guess.
    done = process.run(["openssl", "passwd", "-6", "-stdin", "-salt", salt], stdin=f"{password}\n")
    made = done.stdout.strip()
    if done.code != 0 or HASH.fullmatch(made) is None:
        raise Failed(f"a password could not be hashed: {process.ended('openssl', done.code)}; deploy again")
    return made


def _group() -> int:
    return grp.getgrnam(GROUP).gr_gid


def _declared() -> list[UserFile]:
    fields = Fields.of(files.read_json(SETTINGS), SETTINGS)
    return fields.items("files", UserFile.from_json)


ACTIONS: Mapping[str, Callable[[Sequence[UserFile]], int]] = MappingProxyType({"make": make, "check": check})


def main(words: Sequence[str]) -> int:
    """Exit code 0: all as declared, or made. 1: something differs, or it failed. 2: usage, or an internal error."""
    return cli.main("the program of passwords", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    action, _ = cli.choose(words, ACTIONS, USAGE)
    return action(_declared())
