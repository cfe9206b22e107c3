"""Whether an apply has anything to do: most have not, and then nothing has to outlive the connection."""

from collections.abc import Mapping

from phiward_host.agent import secret_store
from phiward_host.agent.apply import Apply, require_system
from phiward_host.agent.difference import has_content
from phiward_host.agent.failed_checks import still_failing
from phiward_host.agent.packages import missing_packages
from phiward_host.agent.plan import Plan
from phiward_host.agent.status import drift, probe_answers
from phiward_host.agent.transaction import Transaction


def is_settled(plan: Plan, handed: Mapping[str, str], digest: str) -> bool:
    """Whether the host is at this generation of a unit, whole and confirmed. Changes nothing. Raises Refused."""
    require_system(plan)
    transaction = Transaction(plan.unit)
    return (
        not transaction.is_damaged
        and transaction.manifest is None
        and transaction.rolled_back() is None
        and transaction.generation().hash == digest
        and not missing_packages(plan.packages)
        and not secret_store.incomplete(plan)
        and all(has_content(file, handed) for file in plan.files)
        and not still_failing(plan)
        and not drift(plan, handed, probe_answers([plan]))
    )


def settled(plan: Plan, handed: Mapping[str, str], digest: str) -> dict[str, object] | None:
    """The answer of an apply that has nothing to do; None of one that has."""
    if not is_settled(plan, handed, digest):
        return None
    apply = Apply(plan, handed, digest)
    return apply.answer(apply.reports())
