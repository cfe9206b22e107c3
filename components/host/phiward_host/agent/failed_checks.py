"""Checks of a unit that failed when this host was last asked: what runs is not as its files say.

Whoever asks the checks notes them. An apply asks those alone again, so that where nothing failed it asks none.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence

from phiward_host.agent.asking import answers_to
from phiward_host.agent.container import in_container
from phiward_host.agent.expectation import Probe, judge
from phiward_host.agent.plan import Check, Plan
from phiward_host.agent.transaction import Transaction
from phiward_host.common import files, paths, process, records
from phiward_host.common.decode import as_strs
from phiward_host.common.errors import Damaged

Answers = Mapping[tuple[str, ...], process.Completed]


def within_reach(checks: Sequence[Check]) -> list[Check]:
    """The checks that the steps of their unit bring about."""
    contained = in_container()
    return [
        check
        for check in checks
        if not (check.only_warns or check.out_of_reach or (contained and check.skip_in_container is not None))
    ]


def failing(checks: Sequence[Check], answers: Answers) -> list[str]:
    """Ids of those that fail and that the steps of their unit bring about."""
    return [check.id for check in within_reach(checks) if not passes(check, answers)]


def passes(question: Check | Probe, answers: Answers) -> bool:
    answer = answers[tuple(question.argv)]
    return judge(question.expect, answer.code, answer.stdout, answer.stderr)


def note(unit: str, asked: Sequence[Check], answers: Answers) -> None:
    """Notes which of these checks fail, of a unit that was applied before. What was noted of others stays."""
    reached = within_reach(asked)
    # A question is answered all the same where nothing can be written, or where others than root could.
    with contextlib.suppress(OSError):
        ids = {check.id for check in reached}
        failed = [id for id in _noted(unit) if id not in ids] + failing(reached, answers)
        if failed and files.is_directory(_home(unit)):
            files.write(_path(unit), json.dumps(failed))
        elif not failed:
            forget(unit)


def forget(unit: str) -> None:
    files.remove(_path(unit))


def still_failing(plan: Plan) -> list[str]:
    """Ids of the checks that were noted and fail now; of a unit that was never applied, nothing holds yet."""
    try:
        noted = records.read(_path(plan.unit), as_strs, [])
    except Damaged:
        noted = [check.id for check in plan.checks]
    if not noted or Transaction(plan.unit).generation().hash is None:
        return []
    asked = within_reach([check for check in plan.checks if check.id in noted])
    return failing(asked, answers_to([check.argv for check in asked]))


def _noted(unit: str) -> list[str]:
    """What is noted; nothing where that is damaged."""
    try:
        return records.read(_path(unit), as_strs, [])
    except Damaged:
        return []


def _home(unit: str) -> str:
    return f"{paths.BASE}/units/{unit}"


def _path(unit: str) -> str:
    return f"{_home(unit)}/failed-checks.json"
