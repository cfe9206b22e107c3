"""The checks that a deploy or `verify` asked of this host last: what its own timer asks each day."""

import contextlib
from collections.abc import Mapping, Sequence

from phiward_host.agent.verify import Checks
from phiward_host.common import files, paths, records
from phiward_host.common.decode import Fields, as_object, as_str, dict_of, optional
from phiward_host.common.errors import Damaged
from phiward_host.common.log import RootLog

LOG = RootLog("verify")


def path() -> str:
    return f"{paths.BASE}/checks.json"


def remember(plans: Sequence[Checks], generations: Mapping[str, str]) -> None:
    """Keeps them, where they are others than before. A host on which nothing can be written answers all the same."""
    wanted: dict[str, object] = {"plans": [plan.whole for plan in plans], "generations": dict(generations)}
    with contextlib.suppress(OSError):
        if files.is_directory(paths.BASE) and _kept() != wanted:
            records.write_json(path(), wanted, LOG)


def _kept() -> Mapping[str, object] | None:
    try:
        return records.read(path(), optional(as_object), None)
    except Damaged:
        return None


def asked_last() -> tuple[list[Checks], dict[str, str]]:
    """Nothing before the first deploy. Raises Damaged, OSError."""
    return records.read(path(), _decoded, ([], {}))


def _decoded(value: object, path: str) -> tuple[list[Checks], dict[str, str]]:
    fields = Fields.of(value, path)
    return fields.items("plans", Checks.from_json), fields.read("generations", dict_of(as_str))
