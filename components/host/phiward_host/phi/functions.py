"""The functions of the schema `phi`, in the order in which they are made."""

from phiward_host.phi.called import FOR_SERVICES, RECORD
from phiward_host.phi.function import Function
from phiward_host.phi.keys import BOXES, FILE, KEYS


def functions(epoch: int) -> tuple[Function, ...]:
    """All of them, each after what it calls; `epoch` is the key that what is written is encrypted with."""
    return (
        Function("current_epoch", "", "", "integer", f"BEGIN RETURN {epoch}; END"),
        *FILE,
        *BOXES,
        *KEYS,
        *RECORD,
        *FOR_SERVICES,
    )
