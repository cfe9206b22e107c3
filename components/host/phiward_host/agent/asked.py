"""The checks that a deploy or `verify` asked of this host last: what its own timer asks each day."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from phiward_host.agent.verify import Questions, Result
from phiward_host.common import files, paths, records
from phiward_host.common.decode import Fields, as_float, as_object, optional
from phiward_host.common.errors import Damaged
from phiward_host.common.log import RootLog

LOG = RootLog("verify")


def path() -> str:
    return f"{paths.BASE}/checks.json"


def remember(questions: Questions) -> None:
    """Keeps them, where they are others than before. A host on which nothing can be written answers all the same."""
    plans = [plan.whole for plan in questions.plans]
    wanted: dict[str, object] = {"plans": plans, "generations": dict(questions.generations)}
    with contextlib.suppress(OSError):
        if files.is_directory(paths.BASE) and _kept() != wanted:
            records.write_json(path(), wanted, LOG)


def _kept() -> Mapping[str, object] | None:
    try:
        return records.read(path(), optional(as_object), None)
    except Damaged:
        return None


def asked_last() -> Questions:
    """Nothing before the first deploy. Raises Damaged, OSError."""
    return records.read(path(), Questions.from_json, Questions([], {}))


@dataclass(frozen=True)
class Failing:
    """A check that failed, with its control: none where a unit is at another generation than the deployed one."""

    check: str
    control: str

    @staticmethod
    def from_json(value: object, path: str) -> "Failing":
        fields = Fields.of(value, path)
        return Failing(fields.text("check"), fields.text("control"))


@dataclass(frozen=True)
class LastAnswers:
    """When all checks of this host were last asked, in seconds since 1970, and which of them failed."""

    at: float
    failed: list[Failing]

    @staticmethod
    def from_json(value: object, path: str) -> "LastAnswers":
        fields = Fields.of(value, path)
        return LastAnswers(fields.read("at", as_float), fields.items("failed", Failing.from_json))


def failed_path() -> str:
    return f"{paths.BASE}/checks-failed.json"


def remember_failed(questions: Questions, results: Sequence[Result]) -> None:
    """Keeps which checks failed. A host on which nothing can be written answers all the same."""
    controls = {(plan.unit, id): control for plan in questions.plans for id, control in plan.controls.items()}
    failed = [
        {"check": result.id, "control": controls.get((result.unit, result.id), "")}
        for result in results
        if result.failure is not None
    ]
    with contextlib.suppress(OSError):
        if files.is_directory(paths.BASE):
            records.write_json(failed_path(), {"at": time.time(), "failed": failed}, LOG)


def last_failed() -> LastAnswers | None:
    """None before the first look, and where its record was damaged. Raises OSError."""
    return records.read_or_begin(failed_path(), optional(LastAnswers.from_json), None, LOG)
