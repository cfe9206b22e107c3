"""Signatures under duties and entries of incidents, verified by OpenSSH against the keys of people of the plan."""

from typing import Protocol

from phiward_host.common import files, paths, process
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


def is_declared(line: Signed, namespace: str = NAMESPACE) -> bool:
    """Whether it was signed by a key that its person has now."""
    return _verifies(line, namespace, "verify", "-f", SIGNERS, "-I", line.by)


def is_signed(line: Signed, namespace: str = NAMESPACE) -> bool:
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
