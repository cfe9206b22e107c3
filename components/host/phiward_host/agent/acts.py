"""What the agent does, on record in this host's journal.

Who asked for it is in the line of the login of deploys that has the request's hash (deploy/main.py): the agent itself
knows that account alone.
"""

import contextlib
from collections.abc import Generator

from phiward_host.common import journal

ACCOUNT = "deploy"


@contextlib.contextmanager
def on_record(what: str, request: str, generation: str = "") -> Generator[None]:
    """Records how it ended; where it is cut off, the line of the login alone is there."""
    outcome = "failure"
    try:
        yield
        outcome = "success"
    finally:
        message = f"{what} by {ACCOUNT}: {outcome}"
        journal.record(
            "deploy", message, who=ACCOUNT, what=what, outcome=outcome, request=request, generation=generation
        )
