"""Asking this host every check of its plans."""

from collections.abc import Mapping
from dataclasses import dataclass

from phiward_host.agent.asking import answers_to
from phiward_host.agent.container import in_container
from phiward_host.agent.expectation import seen
from phiward_host.agent.failed_checks import Answers, note, passes
from phiward_host.agent.plan import Check
from phiward_host.agent.transaction import Transaction
from phiward_host.common.decode import Fields, as_str, dict_of
from phiward_host.common.directory import NotRootsAlone


@dataclass(frozen=True)
class Checks:
    """A unit and its checks: of the plan, what verify needs."""

    unit: str
    checks: list[Check]
    # As they arrived, by id: an answer repeats what was expected.
    raw: Mapping[str, object]
    # The control that each proves, by id.
    controls: Mapping[str, str]
    # All of it, as it arrived.
    whole: object

    @staticmethod
    def from_json(value: object, path: str) -> "Checks":
        fields = Fields.of(value, path)
        checks = fields.items("checks", Check.from_json)
        raw = fields.items("checks", lambda check, where: Fields.of(check, where).values["expect"])
        by_id = {check.id: expect for check, expect in zip(checks, raw, strict=True)}
        proven = fields.items("checks", lambda check, where: Fields.of(check, where).read_or("control", as_str, ""))
        controls = {check.id: control for check, control in zip(checks, proven, strict=True)}
        return Checks(fields.text("unit"), checks, by_id, controls, value)


@dataclass(frozen=True)
class Result:
    """How one check went; `failure` holds what was expected, what was seen and the exit code."""

    unit: str
    id: str
    failure: Mapping[str, object] | None = None
    skipped: str | None = None
    only_warns: bool = False

    def to_json(self) -> dict[str, object]:
        start: dict[str, object] = {"unit": self.unit, "id": self.id}
        if self.skipped is not None:
            return {**start, "status": "skipped", "reason": self.skipped}
        if self.failure is not None:
            return {**start, "status": "fail", **self.failure}
        return {**start, "status": "pass"}


@dataclass(frozen=True)
class Questions:
    """All that a deploy asks a host at its end: every check, and whether each unit is at the deployed generation."""

    plans: list[Checks]
    generations: Mapping[str, str]

    @staticmethod
    def of(fields: Fields) -> "Questions":
        generations = fields.read("generations", dict_of(as_str))
        return Questions(fields.items("plans", Checks.from_json), generations)

    @staticmethod
    def from_json(value: object, path: str) -> "Questions":
        return Questions.of(Fields.of(value, path))


def verify(questions: Questions) -> list[Result]:
    """Asks every check, equal questions once; a unit at another generation than the deployed one fails too."""
    return results(questions, check_answers(questions))


def check_answers(questions: Questions) -> Answers:
    """The host's answers to all checks that can hold on it, by command."""
    contained = in_container()
    checks = [check for plan in questions.plans for check in plan.checks]
    return answers_to(check.argv for check in checks if not (contained and check.skip_in_container is not None))


def results(questions: Questions, answers: Answers) -> list[Result]:
    """How each generation and each check went, by these answers; what fails is noted."""
    contained = in_container()
    found = [generation_result(unit, digest) for unit, digest in questions.generations.items()]
    for plan in questions.plans:
        for check in plan.checks:
            if contained and check.skip_in_container is not None:
                found.append(Result(plan.unit, check.id, skipped=check.skip_in_container))
            else:
                found.append(check_result(plan, check, answers))
        note(plan.unit, plan.checks, answers)
    return found


def is_deployed(questions: Questions) -> bool:
    """Whether each unit is at the deployed generation. Where one is not, a deploy has still to change the host."""
    return all(generation_result(unit, digest).failure is None for unit, digest in questions.generations.items())


def generation_result(unit: str, digest: str) -> Result:
    id = f"{unit}-generation"
    try:
        found = Transaction(unit).generation().hash
    except NotRootsAlone as error:
        found = f"{error.filename}: {error.strerror}"
    if found == digest:
        return Result(unit, id)
    return Result(unit, id, {"expected": {"kind": "equals", "text": digest}, "seen": str(found), "exit": 0})


def check_result(plan: Checks, check: Check, answers: Answers) -> Result:
    if passes(check, answers):
        return Result(plan.unit, check.id)
    answer = answers[tuple(check.argv)]
    found = seen(check.expect, answer.stdout, answer.stderr)
    return Result(
        plan.unit,
        check.id,
        {"expected": plan.raw[check.id], "seen": found, "exit": answer.code},
        only_warns=check.only_warns,
    )
