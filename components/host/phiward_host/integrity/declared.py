"""What phiward's own plans declare on this host, by the record that the agent keeps of each unit."""

from collections.abc import Mapping
from dataclasses import dataclass

from phiward_host.agent.generation import Generation
from phiward_host.common import contained, files, paths, records


@dataclass(frozen=True)
class Declared:
    """Files of the plans: their paths, and the SHA-256 of those whose content was recorded when they were applied."""

    paths: frozenset[str]
    sha256: Mapping[str, str]


def declared() -> Declared:
    """What is on record. Raises Damaged, OSError."""
    found: set[str] = set()
    digests: dict[str, str] = {}
    units = f"{paths.BASE}/units"
    for unit in files.names_if_any(units):
        path = f"{units}/{unit}/generation.json"
        generation = records.read(path, Generation.from_json, Generation(None, [], []))
        found.update(generation.files)
        digests.update(generation.digests)
    kept_out = contained.digests()
    found.update(kept_out)
    digests.update(kept_out)
    return Declared(frozenset(found), digests)
