"""The agent: carries out plans, and answers questions about this host.

It arrives on standard input together with its request (plan/request.ts) and runs as root; nothing of it need be there
beforehand. What tools print may hold secrets, so it goes to a file only root can read: answers carry ids and paths.
"""

import base64
import contextlib
import hashlib
import json
import sys
from collections.abc import Sequence
from typing import assert_never

from phiward_host.agent import arrival, confirm, front, images, packages
from phiward_host.agent.acts import on_record
from phiward_host.agent.apply import Apply, system
from phiward_host.agent.asked import remember, remember_failed
from phiward_host.agent.release import release
from phiward_host.agent.removal import remove
from phiward_host.agent.request import (
    ApplyPlan,
    AskImage,
    Install,
    Inventory,
    ListDocker,
    Question,
    ReceiveImage,
    Release,
    Remove,
    RemoveDocker,
    Status,
    Verify,
    request,
)
from phiward_host.agent.settled import settled
from phiward_host.agent.status import inventory, status
from phiward_host.agent.verify import Result, verify
from phiward_host.agent.words import LOG, tell
from phiward_host.common import cli, isolated, lock
from phiward_host.common.decode import Fields, as_str, dict_of
from phiward_host.common.errors import Failed, Refused

LOCK_SECONDS = 60
# What is refused while the host is isolated.
CHANGES = (ApplyPlan, Remove, Install, ReceiveImage, RemoveDocker, Release)


def answer_request(body: bytes, digest: str) -> int:
    """Answers the request that the bootstrap read, with one line of JSON on standard output. Returns the exit code.

    1: refused, or with `strict` a check failed; 2: a fault of the agent. One sentence on standard error says why.
    """
    return cli.main("the agent", LOG, lambda: answer(body, digest))


def answer(body: bytes, digest: str) -> int:
    fields = arrival.fields_of(body)
    asked = request(fields)
    # The archive of an image is all that may follow a request.
    if not isinstance(asked, ReceiveImage) and sys.stdin.buffer.read(1):
        raise Refused("more arrived than the request; nothing was done")
    if isinstance(asked, Verify):
        results = verify(asked.questions)
        remember(asked.questions)
        remember_failed(asked.questions, results)
        return report(results, asked.strict)
    if isinstance(asked, CHANGES):
        isolated.require_open("the agent")
    if isinstance(asked, ApplyPlan):
        return apply(asked, fields, body, digest)
    if isinstance(asked, Remove):
        return take_down(asked, fields, body, digest)
    if isinstance(asked, Install):
        return install(asked, fields)
    with on_record("release of the host", digest) if isinstance(asked, Release) else contextlib.nullcontext():
        tell(result(asked))
    return cli.DONE


def result(asked: Question) -> dict[str, object]:
    match asked:
        case Status(plans, secrets, questions):
            return status(plans, secrets, questions)
        case Inventory(plans):
            return inventory(plans)
        case AskImage(archive):
            return {"present": images.is_present(archive)}
        case ReceiveImage(archive, size):
            images.receive(archive, size, sys.stdin.buffer)
            return {"present": True}
        case ListDocker():
            # Python's HTTP takes longer to load than the rest of the agent, and no other request needs it.
            from phiward_host.agent.docker_objects import docker_objects

            return docker_objects()
        case RemoveDocker(kind, id, stop):
            from phiward_host.agent.docker_objects import remove_object

            remove_object(kind, id, stop=stop)
            return {"removed": id}
        case Release():
            return {"gone": release()}
        case _:
            assert_never(asked)


def apply(asked: ApplyPlan, fields: Fields, body: bytes, digest: str) -> int:
    unit = asked.plan.unit
    try:
        if not front.is_in_unit():
            leave(fields)
            with lock.hold("lock", f"apply {unit}", LOCK_SECONDS):
                unchanged = settled(asked.plan, asked.secrets, asked.generation)
            if unchanged is not None:
                tell(unchanged)
                return cli.DONE
            front.hand_over(unit, body, digest)
        with on_record(f"apply {unit}", digest, asked.generation), lock.hold("lock", f"apply {unit}", LOCK_SECONDS):
            tell(Apply(asked.plan, asked.secrets, asked.generation).run())
    except Failed as failure:
        raise Failed(f"{unit}: {failure}") from failure
    except OSError as error:
        # Such as a full disk, or one that became read-only.
        raise Failed(f"{unit}: {error.filename or 'the system'}: {error.strerror}") from error
    return cli.DONE


def take_down(asked: Remove, fields: Fields, body: bytes, digest: str) -> int:
    if not front.is_in_unit():
        leave(fields)
        front.hand_over(confirm.ANY, body, digest)
    with on_record("take down units", digest), lock.hold("lock", "removal", LOCK_SECONDS):
        tell(remove(asked.removals, digest))
    return cli.DONE


def install(asked: Install, fields: Fields) -> int:
    with lock.hold("lock", "install", LOCK_SECONDS):
        leave(fields)
        if asked.packages and system() in asked.systems:
            packages.install_early(asked.packages)
    tell({"agent": hashlib.sha256(base64.b64decode(fields.text("agent"))).hexdigest()})
    return cli.DONE


def leave(fields: Fields) -> None:
    """Leaves the agent and the contents of files that came along on this host: requests may come without them then."""
    if "compressed" in fields.values:
        # Another stood in for the agent, which is here.
        front.install_agent(None)
        return
    front.install_agent(base64.b64decode(fields.text("agent")))
    contents = fields.read_or("contents", dict_of(as_str), {})
    if contents:
        arrival.keep(contents)


def report(results: Sequence[Result], strict: bool) -> int:
    """Tells the results. Where a strict one fails, only what failed is told: an engine shows all that is printed."""
    failed = [entry for entry in results if entry.failure is not None and not entry.only_warns] if strict else []
    for entry in failed:
        failure = entry.failure or {}
        cli.complain(f"{entry.id}: expected {json.dumps(failure['expected'])}, seen {failure['seen']!r}")
    if failed:
        return cli.FAILED
    tell({"results": [entry.to_json() for entry in results]})
    return cli.DONE
