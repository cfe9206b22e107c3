"""Questions that one command answers for several, with what each of them alone would answer.

What such a command does not answer beyond doubt is left out, and asked alone: it is never a reason why a check holds.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from phiward_host.common import process
from phiward_host.common.decode import Fields, as_object, list_of, optional
from phiward_host.common.errors import Refused

Question = tuple[str, ...]
Answered = Mapping[Question, process.Completed]

PYTHON = ("/usr/bin/python3", "-I")
PROGRAMS = "/phiward.pyz"
# One unit by its whole name: an option or a pattern would have answers of another number.
UNIT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*\.[a-z]+")
# What `systemctl is-…` says of a unit for which alone it would exit with 0 and say nothing else.
GOOD = {"is-active": "active", "is-enabled": "enabled"}


@dataclass(frozen=True)
class Group:
    """Two questions or more, and how to ask them at once, each within so many seconds."""

    questions: Sequence[Question]
    ask: Callable[[float], Answered]


def groups(questions: Sequence[Question]) -> list[Group]:
    """Those that belong together. A question is in one of them at most."""
    by_form: dict[Question, list[Question]] = {}
    for argv in questions:
        form = _form(argv)
        if form is not None:
            by_form.setdefault(form, []).append(argv)
    return [_group(form, asked) for form, asked in by_form.items() if len(asked) > 1]


def _form(argv: Question) -> Question | None:
    """What is the same in all questions of a group."""
    if len(argv) > 3 and argv[:2] == PYTHON and argv[2].endswith(PROGRAMS):
        return argv[:3]
    if len(argv) == 3 and argv[0] == "systemctl" and argv[1] in GOOD and UNIT.fullmatch(argv[2]):
        return argv[:2]
    if len(argv) > 3 and argv[:2] == ("systemctl", "show") and argv[2].startswith("--property="):
        return argv[:3] if all(UNIT.fullmatch(unit) for unit in argv[3:]) else None
    return None


def _group(form: Question, asked: Sequence[Question]) -> Group:
    if form[0] != "systemctl":
        return Group(asked, lambda seconds: programs(form, asked, seconds))
    if form[1] == "show":
        return Group(asked, lambda seconds: shown(form, asked, seconds))
    return Group(asked, lambda seconds: states(form, asked, seconds))


def programs(form: Question, asked: Sequence[Question], seconds: float) -> Answered:
    """Answers of programs of one archive (phiward_host/questions.py). None of a host whose programs are older."""
    request = json.dumps({"questions": [argv[3:] for argv in asked]})
    limit = str(round(seconds))
    done = process.run([*form, "questions", limit], stdin=request, timeout=2 * seconds + 5)
    if done.code != 0:
        return {}
    try:
        answers = list_of(optional(_completed))(json.loads(done.stdout), "answers")
    except (ValueError, RecursionError, Refused):
        return {}
    if len(answers) != len(asked):
        return {}
    return {argv: answer for argv, answer in zip(asked, answers, strict=True) if answer is not None}


def _completed(value: object, path: str) -> process.Completed:
    fields = Fields.of(as_object(value, path), path)
    return process.Completed(
        fields.integer("code"), process.text(fields.text("stdout")), process.text(fields.text("stderr"))
    )


def states(form: Question, asked: Sequence[Question], seconds: float) -> Answered:
    """Of the units that are as they should be. One in another state has an exit code of its own, and is asked alone."""
    done = process.run([*form, *(argv[2] for argv in asked)], timeout=seconds)
    lines = done.stdout.splitlines()
    if done.stderr or len(lines) != len(asked):
        return {}
    good = GOOD[form[1]]
    answer = process.Completed(0, f"{good}\n", "")
    return {argv: answer for argv, line in zip(asked, lines, strict=True) if line == good}


def shown(form: Question, asked: Sequence[Question], seconds: float) -> Answered:
    """The properties of the units of each question, by the blank lines between units, where those add up."""
    units = [unit for argv in asked for unit in argv[3:]]
    done = process.run([*form, *units], timeout=seconds)
    names = sorted(form[2].removeprefix("--property=").split(","))
    blocks = done.stdout.removesuffix("\n").split("\n\n")
    whole = all(sorted(line.partition("=")[0] for line in block.splitlines()) == names for block in blocks)
    if done.code != 0 or done.stderr or len(blocks) != len(units) or not whole:
        return {}
    answers: dict[Question, process.Completed] = {}
    for argv in asked:
        mine, blocks = blocks[: len(argv) - 3], blocks[len(argv) - 3 :]
        answers[argv] = process.Completed(0, "\n\n".join(mine) + "\n", "")
    return answers
