"""Putting a plan's files, directories and sets in place, and removing what it does not declare."""

import os
import shutil
import time

from phiward_host.agent.command import command
from phiward_host.agent.difference import Difference, owner_ids
from phiward_host.agent.plan import Directory, File, Plan
from phiward_host.agent.transaction import Transaction
from phiward_host.common import files, paths
from phiward_host.common.errors import Refused


class Swap:
    """The files of one apply: all are staged, then put in place together."""

    def __init__(self, plan: Plan, differing: Difference) -> None:
        self.plan, self.differing = plan, differing
        self.gone = [gone.path for gone in differing.gone]
        self.removable = [(entry, member) for entry, member in differing.members if entry.remove]

    def has_work(self) -> bool:
        return bool(self.differing.directories or self.differing.files or self.gone or self.removable)

    def paths(self) -> list[str]:
        """What it changes: steps wait for these."""
        directories = [entry.path for entry in self.differing.directories]
        return directories + [file.path for file, _ in self.differing.files] + self.gone

    def run(self, transaction: Transaction) -> list[str]:
        """Does it, inside a transaction that has begun. Returns what changed, for a person. Raises OSError, Failed."""
        doomed = [below for path in self.gone for below in tree(path)]
        changed = self.paths()
        transaction.remember([*changed, *doomed, transaction.generation_path])
        for entry in self.differing.directories:
            make_directory(entry)
        self.put_files(set(transaction.generation().files))
        self.remove_gone()
        return [*self.remove_members(), *changed]

    def put_files(self, ours: set[str]) -> None:
        """Stages every file, then puts all in place; an undeclared file that is replaced is kept."""
        for file, data in self.differing.files:
            if file.path not in ours and os.path.isfile(file.path):
                keep_copy(self.plan.unit, file.path)
            files.stage(file.path, data, owner=owner_of(file), mode=file.mode)
        for file, _ in self.differing.files:
            os.replace(files.beside(file.path), file.path)
        for directory in {os.path.dirname(file.path) for file, _ in self.differing.files}:
            files.sync_directory(directory)

    def remove_gone(self) -> None:
        discarded = [entry.path for entry in self.plan.directories if entry.exclusive and entry.exclusive.discard]
        for path in self.gone:
            if os.path.dirname(path) not in discarded:
                keep_copy(self.plan.unit, path)
            if is_real_directory(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)

    def remove_members(self) -> list[str]:
        for entry, member in self.removable:
            for argv in entry.remove:
                command(self.plan.unit, [part.replace("{}", member) for part in argv])
        return [f"{entry.noun} {member} removed" for entry, member in self.removable]


def make_directory(entry: Directory) -> None:
    if os.path.islink(entry.path) or os.path.isfile(entry.path):
        os.unlink(entry.path)
    os.makedirs(entry.path, exist_ok=True)
    os.chown(entry.path, *owner_of(entry))
    os.chmod(entry.path, entry.mode)


def owner_of(entry: File | Directory) -> tuple[int, int]:
    owner = owner_ids(entry.owner)
    if owner is None:
        raise Refused(f"{entry.path}: unknown owner {entry.owner}; the change was rolled back")
    return owner


def is_real_directory(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def tree(path: str) -> list[str]:
    """A path and all below it, the deepest last."""
    below = [path]
    if is_real_directory(path):
        for root, directories, names in os.walk(path):
            below += [os.path.join(root, name) for name in directories + names]
    return below


def keep_copy(unit: str, path: str) -> None:
    """Keeps what is removed, or replaced for the first time: it may be the only copy of someone's work."""
    kept = f"{paths.BASE}/removed/{unit}/{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}{path}"
    files.make_directory(os.path.dirname(kept))
    os.chmod(f"{paths.BASE}/removed", 0o700)
    if is_real_directory(path):
        shutil.copytree(path, kept, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(path, kept, follow_symlinks=False)
