"""What ends a finding: the command that removes it, or that puts back what was there."""

import shlex
from collections.abc import Callable
from typing import Literal, TypedDict

from phiward_host.common import process
from phiward_host.common.log import RootLog
from phiward_host.integrity.authorities import BUNDLE
from phiward_host.integrity.finding import (
    CHANGED_DECLARED,
    CHANGED_PACKAGE,
    CHECK,
    DANGEROUS,
    DECLARED,
    UNLOOKED,
    UNSEALED,
    Finding,
)

LOG = RootLog("integrity")
# A package's settings too: apt keeps those that were changed, unless it is asked for the package's.
REINSTALL = "apt-get install --reinstall -o Dpkg::Options::=--force-confask -o Dpkg::Options::=--force-confnew"

# What a deploy puts right.
OURS = (CHANGED_DECLARED, DECLARED, CHECK)


class Remedy(TypedDict):
    """`up`: a deploy puts it right. `host`: this command does, as root. `look`: this one shows what to decide about."""

    by: Literal["up", "host", "look"]
    command: str


def remedy(finding: Finding, changed: bool) -> Remedy:
    """`changed` says that the baseline has another content of it: it belongs there, and is not to be removed."""
    if finding.kind in OURS:
        return {"by": "up", "command": ""}
    if finding.kind == UNLOOKED:
        return _look(f"tail {shlex.quote(LOG.path)}")
    words = OF_KINDS.get(finding.kind)
    if words is not None:
        return words(finding)
    if finding.path.startswith(f"{BUNDLE} sha256:"):
        return _host("update-ca-certificates --fresh")
    if changed or not finding.path.startswith("/"):
        return _look(f"ls -l --time-style=full-iso -- {shlex.quote(finding.path)}")
    return _host(f"rm -f -- {shlex.quote(finding.path)}")


def acceptable(finding: Finding) -> bool:
    """Whether the stack's file may accept it: neither what makes someone root, nor what a deploy puts right."""
    return finding.kind not in (*DANGEROUS, *OURS, UNLOOKED, UNSEALED)


def _host(command: str) -> Remedy:
    return {"by": "host", "command": command}


def _look(command: str) -> Remedy:
    return {"by": "look", "command": command}


def _by(command: str) -> Callable[[Finding], Remedy]:
    """A command whose last word is the finding's path or name."""
    return lambda finding: _host(f"{command} {shlex.quote(finding.path)}")


def _reinstalled(finding: Finding) -> Remedy:
    owner = process.logged(["dpkg-query", "--search", finding.path], LOG).stdout.partition(": ")[0].split(",")[0]
    if owner == "":
        return _look(f"dpkg-query --search {shlex.quote(finding.path)}")
    # dpkg keeps the settings that it replaces beside them.
    kept = f" && rm -f -- {shlex.quote(f'{finding.path}.dpkg-old')}" if finding.path.startswith("/etc/") else ""
    return _host(f"{REINSTALL} --yes {shlex.quote(owner)}{kept}")


def _no_member(finding: Finding) -> Remedy:
    member, _, group = finding.path.partition(" in ")
    return _host(f"gpasswd --delete {shlex.quote(member)} {shlex.quote(group)}")


def _no_password(finding: Finding) -> Remedy:
    name = finding.path.partition(" in ")[0]
    return _host(f"usermod --password '*' {shlex.quote(name)}")


def _listener(finding: Finding) -> Remedy:
    port = finding.path.rpartition(":")[2]
    return _look(f"ss --listening --numeric --tcp --udp --processes 'sport = :{port}'")


def _table(finding: Finding) -> Remedy:
    family, _, name = finding.path.partition(" ")
    return _host(f"nft delete table {shlex.quote(family)} {shlex.quote(name)}")


def _chain(finding: Finding) -> Remedy:
    program, table, name = finding.path.split(" ", 2)
    begin = f"{program.removesuffix('-save')} --table {shlex.quote(table)}"
    return _host(f"{begin} --flush {shlex.quote(name)} && {begin} --delete-chain {shlex.quote(name)}")


def _rule(finding: Finding) -> Remedy:
    program, table, rule = finding.path.split(" ", 2)
    # As iptables-save(8) writes it: texts are in double quotation marks.
    words = shlex.join(shlex.split(rule.removeprefix("-A ")))
    return _host(f"{program.removesuffix('-save')} --table {shlex.quote(table)} --delete {words}")


OF_KINDS: dict[str, Callable[[Finding], Remedy]] = {
    CHANGED_PACKAGE: _reinstalled,
    "account with id 0": _by("userdel --force"),
    "account with the id of another": _by("userdel --force"),
    "account that may log in": _by("userdel"),
    "account": _by("userdel"),
    "member of a group": _no_member,
    "password": _no_password,
    "account without a password": _no_password,
    "program with its owner's rights (SUID, SGID)": _by("chmod u-s,g-s --"),
    "program with capabilities": _by("setcap -r"),
    "immutable flag": _by("chattr -i -a --"),
    "file that others than root can change": _by("chmod o-w --"),
    "listener": _listener,
    "mount over the system": _by("umount --"),
    "table of nftables": _table,
    "chain of the firewall": _chain,
    "rule of the firewall": _rule,
    "loaded module": _by("modprobe --remove"),
    "container": _by("docker rm --force"),
    "network of Docker": _by("docker network rm"),
    # It may hold data: whoever removes it has looked.
    "volume of Docker": lambda finding: _look(f"docker volume inspect {shlex.quote(finding.path)}"),
    "plugin of Docker": _by("docker plugin rm --force"),
    UNSEALED: lambda finding: _look(f"ls -l --time-style=full-iso -- {shlex.quote(finding.path)}"),
    "Docker": lambda _: _look("systemctl status docker"),
}
