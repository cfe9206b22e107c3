"""What of this host differs from a plan."""

import base64
import binascii
import fnmatch
import grp
import os
import pwd
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from phiward_host.agent.content import (
    Bytes,
    Filled,
    HandedSecret,
    HostFile,
    KeptContent,
    KeptSecretPart,
    Part,
    Text,
    Versioned,
)
from phiward_host.agent.kept_values import secret_path
from phiward_host.agent.plan import Directory, File, MemberSet, Plan
from phiward_host.agent.transaction import Transaction
from phiward_host.common import files, process
from phiward_host.common.directory import NotRootsAlone
from phiward_host.common.errors import Refused

FORMER_FILE = "file of an earlier plan"


@dataclass(frozen=True)
class Gone:
    """A path that is there and must not be, and what to call it."""

    noun: str
    path: str


@dataclass(frozen=True)
class Difference:
    """`files` come with their content, `members` with the set that does not declare them."""

    directories: list[Directory]
    files: list[tuple[File, bytes]]
    gone: list[Gone]
    members: list[tuple[MemberSet, str]]


def owner_ids(owner: str) -> tuple[int, int] | None:
    """User and group of `user:group`; None if the host does not know one: a step of this very plan may make it."""
    user, group = owner.split(":")
    try:
        return (
            int(user) if user.isdigit() else pwd.getpwnam(user).pw_uid,
            int(group) if group.isdigit() else grp.getgrnam(group).gr_gid,
        )
    except KeyError:
        return None


def version_text(versioned: Versioned) -> str:
    """The first text whose version the host reaches; the oldest safe one where the version is unknown."""
    done = process.run(versioned.argv)
    match = re.search(versioned.pattern, done.stdout + done.stderr)
    found = [int(group) for group in match.groups()] if match else []
    return next((case.text for case in versioned.cases if found >= case.at_least), versioned.otherwise)


def content(file: File, handed: Mapping[str, str]) -> bytes:
    """What a file is to hold. Raises Refused if its secret is missing, OSError if the host's file is."""
    match file.content:
        case Text(text):
            return text.encode()
        case Versioned():
            return version_text(file.content).encode()
        case HostFile(source):
            return files.read(source)
        case HandedSecret(name, _):
            return handed_secret(file, name, handed).encode()
        case KeptContent(id, epoch, template):
            return template.replace("{}", kept_secret(file, id, epoch)).encode()
        case Filled(parts):
            return "".join(part_text(file, part, handed) for part in parts).encode()
        case Bytes(encoded):
            try:
                return base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise Refused(f"{file.path}: its content is not valid base64") from None
        case _:
            assert_never(file.content)


def part_text(file: File, part: Part, handed: Mapping[str, str]) -> str:
    match part:
        case Text(text):
            return text
        case HandedSecret(name, _):
            return handed_secret(file, name, handed)
        case KeptSecretPart(id, epoch):
            return kept_secret(file, id, epoch)
        case _:
            assert_never(part)


def handed_secret(file: File, name: str, handed: Mapping[str, str]) -> str:
    if name not in handed:
        raise Refused(f"{file.path}: its secret {name} was not handed over")
    return handed[name]


def kept_secret(file: File, id: str, epoch: int) -> str:
    try:
        return files.read_text(secret_path(id, epoch))
    except FileNotFoundError:
        raise Refused(f"{file.path}: its secret {id} of epoch {epoch} is not kept on this host") from None


def has_content(file: File, handed: Mapping[str, str]) -> bool:
    """Whether a file's content is known before packages are installed and secrets made, and by what was handed over."""
    match file.content:
        case HostFile(source):
            return files.exists(source)
        case KeptContent(id, epoch):
            return files.exists(secret_path(id, epoch))
        case HandedSecret(name, _):
            return name in handed
        case Filled(parts):
            return all(has_part(part, handed) for part in parts)
        case _:
            return True


def has_part(part: Part, handed: Mapping[str, str]) -> bool:
    match part:
        case KeptSecretPart(id, epoch):
            return files.exists(secret_path(id, epoch))
        case HandedSecret(name, _):
            return name in handed
        case _:
            return True


def is_in_place(path: str, data: bytes, owner: tuple[int, int] | None, mode: int) -> bool:
    """Whether a regular file with this content, owner and mode is there."""
    try:
        found = files.status(path)
        if found is None or not stat.S_ISREG(found.st_mode) or found.st_size != len(data):
            return False
        return (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (*(owner or ()), mode) and files.read(
            path
        ) == data
    except OSError:
        return False


def difference(plan: Plan, handed: Mapping[str, str], installed: bool = True) -> Difference:
    """What of the host differs from the plan's files, directories and exclusive sets.

    Unless `installed`, its packages may not be installed yet, and files whose content is not known are left out:
    `handed_files` looks at those whose secret was not handed over.
    """
    differing: list[tuple[File, bytes]] = []
    for file in plan.files:
        if installed or has_content(file, handed):
            data = content(file, handed)
            if not is_in_place(file.path, data, owner_ids(file.owner), file.mode):
                differing.append((file, data))
    directories = [entry for entry in plan.directories if not is_directory_in_place(entry)]
    return Difference(directories, differing, gone_paths(plan), undeclared_members(plan))


def is_directory_in_place(entry: Directory) -> bool:
    found = files.status(entry.path)
    if found is None or not stat.S_ISDIR(found.st_mode):
        return False
    return (found.st_uid, found.st_gid) == owner_ids(entry.owner) and found.st_mode & 0o7777 == entry.mode


def gone_paths(plan: Plan) -> list[Gone]:
    """Paths that must go, each once although there may be two reasons."""
    declared = {file.path for file in plan.files} | {entry.path for entry in plan.directories}
    former = [] if plan.leaves_former_files else Transaction(plan.unit).generation().files
    found = {path: FORMER_FILE for path in former if path not in declared and is_ours(path)}
    for entry in plan.directories:
        if entry.exclusive is not None and files.is_directory(entry.path):
            # Its mode may be about to be put right.
            for name in files.names_beneath(entry.path):
                path = os.path.join(entry.path, name)
                if path not in declared and not any(fnmatch.fnmatch(name, kept) for kept in entry.exclusive.keep):
                    found[path] = entry.exclusive.noun
    for absent in plan.absent:
        found |= {path: absent.noun for path in files.matching(absent.glob) if path not in declared}
    return [Gone(noun, path) for path, noun in found.items()]


def is_ours(path: str) -> bool:
    """Whether a path is there that root alone can change. What is in a home is its owner's, whoever wrote it."""
    try:
        return files.exists(path)
    except NotRootsAlone:
        return False


def undeclared_members(plan: Plan) -> list[tuple[MemberSet, str]]:
    found: list[tuple[MemberSet, str]] = []
    for entry in plan.sets:
        out = process.run(entry.members_command).stdout
        members = [match.group(1) for match in re.finditer(entry.pattern, out, re.MULTILINE)]
        found += [(entry, member) for member in dict.fromkeys(members) if member not in entry.keep]
    return found
