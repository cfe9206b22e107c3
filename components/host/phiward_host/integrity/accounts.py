"""Accounts, members of groups and passwords that nobody declared."""

from collections.abc import Collection, Iterator, Sequence

from phiward_host.common import files
from phiward_host.integrity.finding import Finding

PASSWD, GROUP, SHADOW, GSHADOW = "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"
# Numbers from here on are people's, adduser.conf(5); `nobody` is the system's.
FIRST_PERSON, NOBODY = 1000, 65534
# Of these the checks of the unit `people` ask, which knows who belongs to them.
CHECKED_GROUPS = frozenset({"sudo", "docker", "disk", "shadow", "lxd", "phiward-ssh"})
NO_SHELL = ("/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/usr/bin/false", "/bin/sync", "/usr/bin/sync")
# No password opens what has one of these at its beginning; an empty field opens without any.
LOCKED = ("!", "*")
# The field of shadow(5) with the day, since 1970, from which an account is closed.
EXPIRY = 7
KIND_OF_ROOT = "account with id 0"


def findings(people: Collection[str], with_password: Collection[str]) -> Iterator[Finding]:
    """Of this host; `people` are the declared accounts that may log in, `with_password` those that have a password."""
    accounts = [fields for fields in _lines(PASSWD) if len(fields) == 7]
    shadow = [fields for fields in _lines(SHADOW) if len(fields) > 1]
    yield from of_accounts(accounts, [*people, *closed(accounts, shadow)])
    yield from of_groups([fields for fields in _lines(GROUP) if len(fields) == 4], accounts)
    yield from of_passwords(SHADOW, shadow, with_password)
    yield from of_passwords(GSHADOW, [fields for fields in _lines(GSHADOW) if len(fields) > 1], ())


def closed(accounts: Sequence[Sequence[str]], shadow: Sequence[Sequence[str]]) -> list[str]:
    """Accounts as a deploy leaves those of people who are not declared any more: what is in their homes is kept."""
    ended = {fields[0] for fields in shadow if len(fields) > EXPIRY and fields[1][:1] == "!" and fields[EXPIRY] == "1"}
    return [fields[0] for fields in accounts if fields[0] in ended and fields[6] in NO_SHELL]


def of_accounts(accounts: list[list[str]], people: Collection[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for name, _, uid, gid, _, home, shell in accounts:
        if int(uid) == 0 and name != "root":
            yield Finding(KIND_OF_ROOT, name, f"{gid} {home} {shell}")
        elif uid in seen:
            yield Finding("account with the id of another", name, uid)
        elif name not in people and name != "root" and (shell not in NO_SHELL or _is_person(int(uid))):
            yield Finding("account that may log in" if shell not in NO_SHELL else "account", name, f"{uid} {shell}")
        if int(gid) == 0 and name not in ("root", "sync"):
            yield Finding("member of the group root", name, gid)
        seen.add(uid)


def _is_person(uid: int) -> bool:
    return FIRST_PERSON <= uid != NOBODY


def of_groups(groups: list[list[str]], accounts: list[list[str]]) -> Iterator[Finding]:
    """Members of groups of the system; their own groups give people nothing."""
    for name, _, gid, members in groups:
        if int(gid) == 0 and name != "root":
            yield Finding("group with id 0", name, members)
        for member in filter(None, members.split(",")):
            if int(gid) < FIRST_PERSON and name not in CHECKED_GROUPS:
                yield Finding("member of a group", f"{member} in {name}", gid)
    numbers = {gid for _, _, gid, _ in groups}
    for name, _, _, gid, _, _, _ in accounts:
        if gid not in numbers and int(gid) != NOBODY:
            yield Finding("account of a group that is not there", name, gid)


def of_passwords(path: str, lines: list[list[str]], allowed: Collection[str]) -> Iterator[Finding]:
    """Whoever has a password, or an empty one. What it is does not matter, and is in no message."""
    for name, password, *_ in lines:
        if name in allowed or password.startswith(LOCKED) or (path == GSHADOW and password in ("", "x")):
            continue
        yield Finding("account without a password" if password == "" else "password", f"{name} in {path}")


def _lines(path: str) -> list[list[str]]:
    return [line.split(":") for line in files.read_text(path).splitlines() if line and not line.startswith("#")]
