"""What this host holds of its plans, and what it would lose to them."""

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from phiward_host.agent import arrival
from phiward_host.agent.asked import remember, remember_failed
from phiward_host.agent.asking import Asker, answers_to
from phiward_host.agent.container import in_container
from phiward_host.agent.difference import difference
from phiward_host.agent.expectation import Probe
from phiward_host.agent.failed_checks import Answers, note, passes, within_reach
from phiward_host.agent.handed_files import changed_files
from phiward_host.agent.homes import key_files
from phiward_host.agent.plan import Check, Plan
from phiward_host.agent.secret_store import lost_secrets
from phiward_host.agent.steps import UnlessHolds
from phiward_host.agent.transaction import Transaction
from phiward_host.agent.verify import Questions, check_answers, is_deployed, results
from phiward_host.common import contained, isolated, process
from phiward_host.common.directory import NotRootsAlone

NONE_KNOWN: Answers = MappingProxyType({})


def status(plans: Sequence[Plan], handed: Mapping[str, str], questions: Questions | None = None) -> dict[str, object]:
    """Each unit's generation, whether it waits for confirmation or was rolled back, and what of it has drifted; and the
    programs that requests may come without; who and what is kept out, None where that cannot be read. With
    `questions`, how those went: None where a deploy has still to change this host, which is not asked them then.
    """
    whole = questions if questions is not None and is_deployed(questions) else None
    verified: Answers = check_answers(whole) if whole is not None else {}
    answers = probe_answers(plans, [check for plan in plans for check in checks(plan)], verified)
    units = {plan.unit: known_status(plan, handed, answers) for plan in plans}
    since = isolated.standing().words if isolated.is_isolated() else None
    answer: dict[str, object] = {"units": units, "programs": arrival.kept(), "isolated": since}
    kept_out = contained.readable()
    answer["contained"] = [] if kept_out is None else kept_out.words()
    # For programs: a host that takes another's place is to keep out the same.
    answer["keptOut"] = None if kept_out is None else kept_out.to_json()
    if questions is None:
        return answer
    if whole is None:
        return {**answer, "results": None}
    # As at the end of a deploy: this may be all of it.
    found = results(whole, verified)
    remember(whole)
    remember_failed(whole, found)
    return {**answer, "results": [entry.to_json() for entry in found]}


def probe_answers(plans: Sequence[Plan], besides: Sequence[Check] = (), known: Answers = NONE_KNOWN) -> Answers:
    """The host's answers to the probes of the plans' steps, and to other questions; what is `known` is not asked."""
    questions = [*(probe for plan in plans for probe in probes(plan).values()), *besides]
    unknown = [question.argv for question in questions if tuple(question.argv) not in known]
    return {**known, **answers_to(unknown, Asker(process.TIMEOUT_SECONDS))}


def probes(plan: Plan) -> dict[str, Probe]:
    """What must hold for a step to have nothing to do, by the step's id."""
    contained = in_container()
    return {
        step.id: step.when.probe
        for step in plan.steps
        if isinstance(step.when, UnlessHolds) and not (step.not_in_container and contained)
    }


def checks(plan: Plan) -> list[Check]:
    return within_reach(plan.checks) if was_applied(plan.unit) else []


def was_applied(unit: str) -> bool:
    """Whether a unit can be held against its checks. Of what was never applied, nothing holds yet."""
    try:
        return Transaction(unit).generation().hash is not None
    except NotRootsAlone:
        return False


def known_status(plan: Plan, handed: Mapping[str, str], answers: Answers) -> dict[str, object]:
    """A unit's status; of one whose record others than root can write, nothing is known, and an apply mends that."""
    try:
        asked = checks(plan)
        failed = [check.id for check in asked if not passes(check, answers)]
        note(plan.unit, asked, answers)
        return unit_status(plan, [*drift(plan, handed, answers), *(f"check {id}" for id in failed)])
    except NotRootsAlone as error:
        return {"generation": None, "waits": False, "rolledBack": None, "drift": [str(error.filename)]}


def unit_status(plan: Plan, drifted: Sequence[str]) -> dict[str, object]:
    transaction = Transaction(plan.unit)
    return {
        "generation": transaction.generation().hash,
        "waits": transaction.manifest is not None,
        "rolledBack": transaction.rolled_back(),
        "drift": drifted,
    }


def drift(plan: Plan, handed: Mapping[str, str], answers: Answers) -> list[str]:
    differing = difference(plan, handed, installed=False)
    found = [file.path for file, _ in differing.files]
    found += changed_files(plan, handed)
    found += [entry.path for entry in differing.directories] + [gone.path for gone in differing.gone]
    found += [f"{entry.noun} {member}" for entry, member in differing.members if entry.remove]
    found += lost_secrets(plan)
    return found + [id for id, probe in probes(plan).items() if not passes(probe, answers)]


def inventory(plans: Sequence[Plan]) -> dict[str, object]:
    """What the exclusive sets would remove from a server in use, and keys in homes, which open no login then."""
    found: list[dict[str, object]] = []
    for plan in plans:
        differing = difference(plan, {}, installed=False)
        for gone in differing.gone:
            found.append({"unit": plan.unit, "noun": gone.noun, "name": gone.path, "holds": keys_in(gone.path)})
        for entry, member in differing.members:
            found.append({"unit": plan.unit, "noun": entry.noun, "name": member, "holds": []})
    for file in key_files():
        found.append({"unit": "ssh", "noun": "authorized keys", "name": file.path, "holds": file.keys})
    return {"found": found}


def keys_in(path: str) -> list[str]:
    """The keys that a file lets in: whoever reads the list recognises a colleague's."""
    if "authorized" not in os.path.basename(path):
        return []
    return process.run(["ssh-keygen", "-lf", path]).stdout.splitlines()
