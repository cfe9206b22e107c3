"""The values of kept secrets: what is on record of each, and where one that was lost or damaged still is.

A secret of an epoch has one value for good: something is locked by it. On record is its SHA-256 alone, in the form that
sha256sum(1) checks; what is random cannot be found by trying.
"""

import hashlib
import re
from dataclasses import dataclass

from phiward_host.agent.content import KeptContent
from phiward_host.agent.plan import Kept, Plan
from phiward_host.common import files, paths, records
from phiward_host.common.log import RootLog

LOG = RootLog("agent")
RECORD = re.compile(r"([0-9a-f]{64})  (/\S+)\n")
PLACE = "{}"


def name_of(kept: Kept) -> str:
    return f"{kept.id}.{kept.epoch}"


def secret_path(id: str, epoch: int) -> str:
    return f"{paths.BASE}/secrets/{id}.{epoch}"


def fingerprint_path(name: str) -> str:
    """The record of a secret's value, made after the secret: where it is, the secret was there."""
    return f"{paths.BASE}/fingerprints/{name}.sha256"


def fingerprint(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def recorded(name: str) -> str | None:
    """The fingerprint on record; None where there is none, or a damaged one."""
    path = fingerprint_path(name)
    found = RECORD.fullmatch(files.read_text_if_any(path) or "")
    return None if found is None else found[1]


def put_on_record(kept: Kept, value: str) -> None:
    """Keeps the fingerprint of a secret's value, unless it is on record."""
    path = fingerprint_path(name_of(kept))
    record = f"{fingerprint(value)}  {secret_path(kept.id, kept.epoch)}\n"
    if files.read_text_if_any(path) != record:
        records.write(path, record, LOG)


@dataclass(frozen=True)
class Found:
    """A secret's value; `source` is the file that still had it, None where the secret itself is as it must be."""

    value: str
    source: str | None = None


def find(plan: Plan, kept: Kept) -> Found | None:
    """A secret's value: the secret's own file, or what a file of a service got of it. None where it is nowhere.

    A secret that is not what is on record counts where no other file has the recorded value: people, or a restore,
    brought it.
    """
    path, known = secret_path(kept.id, kept.epoch), recorded(name_of(kept))
    stored = files.read_text_if_any(path) or None
    if stored is not None and known in (None, fingerprint(stored)):
        return Found(stored)
    # By hand, such as from its escrow, it comes with a line break.
    handed = stored.rstrip("\n") if stored is not None else ""
    copies = [(path, handed)] if handed != stored and handed else []
    copies += _copies(plan, kept)
    found = next((Found(value, source) for source, value in copies if known in (None, fingerprint(value))), None)
    if found is not None:
        return found
    return Found(stored) if stored is not None else None


def is_as_recorded(kept: Kept) -> bool:
    """Whether a secret is there, and its value the one on record."""
    stored, known = files.read_text_if_any(secret_path(kept.id, kept.epoch)), recorded(name_of(kept))
    return stored is not None and stored != "" and fingerprint(stored) == known


def _copies(plan: Plan, kept: Kept) -> list[tuple[str, str]]:
    """Files of the plan that hold the secret, each with the value in it."""
    found: list[tuple[str, str]] = []
    for file in plan.files:
        if isinstance(file.content, KeptContent) and (file.content.id, file.content.epoch) == (kept.id, kept.epoch):
            value = value_in(file.content.template, files.read_text_if_any(file.path) or "")
            if value is not None:
                found.append((file.path, value))
    return found


def value_in(template: str, text: str) -> str | None:
    """What stands in the place of `{}` in a text that was made by a template; None where it was not."""
    places = template.count(PLACE)
    room = len(text) - len(template) + len(PLACE) * places
    if places == 0 or room <= 0 or room % places:
        return None
    start = template.index(PLACE)
    value = text[start : start + room // places]
    return value if template.replace(PLACE, value) == text else None
