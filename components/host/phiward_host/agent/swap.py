"""Putting a plan's files, directories and sets in place, and removing what it does not declare."""

import itertools
import os
import time

from phiward_host.agent.command import command
from phiward_host.agent.difference import Difference, owner_ids
from phiward_host.agent.plan import Directory, File, Plan
from phiward_host.agent.transaction import Transaction
from phiward_host.common import files, paths, staging, trees
from phiward_host.common.errors import Refused
from phiward_host.common.staging import Staged


class Swap:
    """The files of one apply: all are staged, then put in place together."""

    def __init__(self, plan: Plan, differing: Difference) -> None:
        self.plan, self.differing = plan, differing
        self.gone = [gone.path for gone in differing.gone]
        self.kept = kept_place(plan.unit)
        self.removable = [(entry, member) for entry, member in differing.members if entry.remove]

    def has_work(self) -> bool:
        return bool(self.differing.directories or self.differing.files or self.gone or self.removable)

    def paths(self) -> list[str]:
        """What it changes: steps wait for these."""
        directories = [entry.path for entry in self.differing.directories]
        return directories + [file.path for file, _ in self.differing.files] + self.gone

    def run(self, transaction: Transaction) -> list[str]:
        """Does it, inside a transaction that has begun. Returns what changed, for a person. Raises OSError, Failed."""
        # First, as what is in a directory is only touched once nobody else can write to it.
        transaction.remember([entry.path for entry in self.differing.directories])
        for entry in self.differing.directories:
            make_directory(entry)
        transaction.remember([*(file.path for file, _ in self.differing.files), transaction.generation_path])
        moves = self.moves(transaction)
        transaction.move_later(moves)
        self.put_files(set(transaction.generation().files))
        for path, target in moves.items():
            files.make_directory(os.path.dirname(target))
            trees.move(path, target)
        return [*self.remove_members(), *self.paths()]

    def put_files(self, ours: set[str]) -> None:
        """Stages every file, then puts all in place; an undeclared file that is replaced is kept."""
        staged: list[Staged] = []
        for file, data in self.differing.files:
            if file.path not in ours and files.is_file(file.path):
                kept = f"{self.kept}{file.path}"
                files.make_directory(os.path.dirname(kept))
                trees.copy(file.path, kept)
            staged.append(staging.stage(file.path, data, owner=owner_of(file), mode=file.mode))
        for new in staged:
            staging.put_in_place(new)

    def moves(self, transaction: Transaction) -> dict[str, str]:
        """Where what has to go is moved to, whole: it may be someone's only copy. A retired secret is not kept."""
        discarded = [entry.path for entry in self.plan.directories if entry.exclusive and entry.exclusive.discard]
        return {
            path: f"{transaction.path}/gone-{number}" if os.path.dirname(path) in discarded else f"{self.kept}{path}"
            for number, path in enumerate(self.gone)
        }

    def remove_members(self) -> list[str]:
        for entry, member in self.removable:
            for argv in entry.remove:
                command(self.plan.unit, [part.replace("{}", member) for part in argv])
        return [f"{entry.noun} {member} removed" for entry, member in self.removable]


def make_directory(entry: Directory) -> None:
    owner = owner_of(entry)
    if not files.is_directory(entry.path):
        files.remove(entry.path)
        files.make_directory(entry.path, 0o755)
    files.set_directory(entry.path, owner, entry.mode)


def owner_of(entry: File | Directory) -> tuple[int, int]:
    owner = owner_ids(entry.owner)
    if owner is None:
        raise Refused(f"{entry.path}: unknown owner {entry.owner}; the change was rolled back")
    return owner


def kept_place(unit: str) -> str:
    """A new directory's path for what one apply removes, or replaces for the first time."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    first = f"{paths.BASE}/removed/{unit}/{stamp}"
    others = (f"{first}-{number}" for number in itertools.count(2))
    return next(place for place in itertools.chain([first], others) if not files.exists(place))
