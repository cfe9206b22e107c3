"""What this host holds of its plans, and what it would lose to them."""

import os
from collections.abc import Mapping, Sequence

from phiward_host.agent.asking import Asker
from phiward_host.agent.container import in_container
from phiward_host.agent.difference import difference
from phiward_host.agent.expectation import holds
from phiward_host.agent.homes import key_files
from phiward_host.agent.plan import Plan
from phiward_host.agent.secret_store import lost_secrets
from phiward_host.agent.steps import UnlessHolds
from phiward_host.agent.transaction import Transaction
from phiward_host.common import process


def status(plans: Sequence[Plan], handed: Mapping[str, str]) -> dict[str, object]:
    """Each unit's generation, whether it waits for confirmation or was rolled back, and what of it has drifted."""
    asker = Asker(process.TIMEOUT_SECONDS)
    return {"units": {plan.unit: unit_status(plan, handed, asker) for plan in plans}}


def unit_status(plan: Plan, handed: Mapping[str, str], asker: Asker) -> dict[str, object]:
    transaction = Transaction(plan.unit)
    return {
        "generation": transaction.generation().hash,
        "waits": transaction.manifest is not None,
        "rolledBack": transaction.rolled_back(),
        "drift": drift(plan, handed, asker),
    }


def drift(plan: Plan, handed: Mapping[str, str], asker: Asker) -> list[str]:
    differing = difference(plan, handed, installed=False)
    found = [file.path for file, _ in differing.files]
    found += [entry.path for entry in differing.directories] + [gone.path for gone in differing.gone]
    found += [f"{entry.noun} {member}" for entry, member in differing.members if entry.remove]
    found += lost_secrets(plan)
    for step in plan.steps:
        if isinstance(step.when, UnlessHolds) and not (step.not_in_container and in_container()):
            found += [] if holds(step.when.probe, asker.ask) else [step.id]
    return found


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
