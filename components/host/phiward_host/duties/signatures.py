"""Signatures under duties and entries of incidents, verified by OpenSSH against the keys of people of the plan."""

from typing import Protocol

from phiward_host.common import files, paths, process
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog

SIGNERS = "/etc/phiward/duties-signers"
# What such a signature is for: one for a report or anything else is refused.
NAMESPACE = "phiward-duty"
LOG = RootLog("duties")


class Signed(Protocol):
    """What somebody signed, and the signature under it."""

    @property
    def by(self) -> str: ...
    @property
    def signed(self) -> str: ...
    @property
    def signature(self) -> str: ...


def vouched(line: Signed, place: str, namespace: str = NAMESPACE) -> bool:
    """Whether its person has that key now. Raises Refused, with the place, where the signature is of another text."""
    declared = _is_declared(line, namespace)
    if not declared and not _is_signed(line, namespace):
        raise Refused(f"{place}: found a signature of another text or purpose, allowed: one by {line.by}")
    return declared


def undeclared(line: Signed, place: str) -> Refused:
    """Of a last line that nobody vouches for."""
    return Refused(
        f"{place}: found a key that people in the stack's file do not declare for {line.by}, "
        "allowed: one that they do; a new key is known here after the next deploy"
    )


def _is_declared(line: Signed, namespace: str) -> bool:
    """Whether it was signed by a key that its person has now."""
    return _verifies(line, namespace, "verify", "-f", SIGNERS, "-I", line.by)


def _is_signed(line: Signed, namespace: str) -> bool:
    """Whether it was signed at all, by whatever key: of a person who left, nobody has the key here any more."""
    return _verifies(line, namespace, "check-novalidate")


def _verifies(line: Signed, namespace: str, verb: str, *words: str) -> bool:
    # ssh-keygen wants the signature in a file. The caller holds the lock.
    path = f"{paths.RUN}/duties-signature"
    files.make_directory(paths.RUN)
    files.write(path, line.signature)
    try:
        argv = ["ssh-keygen", "-Y", verb, *words, "-n", namespace, "-s", path]
        done = process.run(argv, stdin=line.signed)
    finally:
        files.remove(path)
    if done.code == process.NOT_FOUND:
        LOG.write("ssh-keygen: not found")
    return done.code == 0
