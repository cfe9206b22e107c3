"""Taking down what no longer applies to this host: each unit that the agent has a record of, and no other."""

from dataclasses import dataclass

from phiward_host.agent.apply import Apply
from phiward_host.agent.expectation import Probe, holds
from phiward_host.agent.plan import Plan
from phiward_host.agent.transaction import Transaction
from phiward_host.common import files
from phiward_host.common.decode import Fields, optional
from phiward_host.common.errors import Failed, Refused


@dataclass(frozen=True)
class Removal:
    """The plan that takes a unit down; `once_true` must hold before anything of it is touched."""

    plan: Plan
    once_true: Probe | None

    @staticmethod
    def from_json(value: object, path: str) -> "Removal":
        fields = Fields.of(value, path)
        return Removal(fields.read("plan", Plan.from_json), fields.read("onceTrue", optional(Probe.from_json)))


def remove(removals: list[Removal], digest: str) -> dict[str, object]:
    """Takes the units down in the order given. One that waits stays whole, and is named in `waiting`.

    Raises Refused or Failed naming the unit that could not be taken down: it is as it was, those before it are gone.
    """
    removed: list[str] = []
    waiting: list[str] = []
    for removal in removals:
        transaction = Transaction(removal.plan.unit)
        if transaction.generation().hash is None and transaction.manifest is None and not transaction.is_damaged:
            continue
        if removal.once_true is not None and not holds(removal.once_true):
            waiting.append(removal.plan.unit)
            continue
        try:
            Apply(removal.plan, {}, digest).run()
        except (Failed, Refused) as failure:
            raise type(failure)(f"{removal.plan.unit}: {failure}") from failure
        # Its record ends last: cut off before, the next run begins again, and finds little to do.
        files.remove(transaction.generation_path)
        removed.append(removal.plan.unit)
    return {"status": "changed" if removed else "unchanged", "removed": removed, "waiting": waiting}
