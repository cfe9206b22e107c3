"""Secrets that are made on this host: kept for its own programs, and escrowed to the owner's keys."""

import json
import os
import secrets
from collections.abc import Sequence

from phiward_host.agent.command import command
from phiward_host.agent.plan import Kept, Made, Plan
from phiward_host.common import files, paths

# Letters and digits without those that are taken for one another.
ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def secret_path(id: str, epoch: int) -> str:
    return f"{paths.BASE}/secrets/{id}.{epoch}"


def record_path(name: str) -> str:
    """What is on record about an escrow: to whom, and of a made secret, which epoch."""
    return f"{paths.BASE}/escrow/{name}.json"


def random_value(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def seal(unit: str, id: str, epoch: int, recipients: Sequence[str], value: str) -> None:
    """Escrows a secret: encrypts it to the recipients' public keys."""
    files.make_directory(f"{paths.BASE}/escrow")
    options = [option for recipient in recipients for option in ("--recipient", recipient)]
    sealed = command(unit, ["age", "--armor", *options], stdin=value + "\n")
    files.write(f"{paths.BASE}/escrow/{id}.{epoch}.age", sealed)


def keep_secrets(plan: Plan) -> list[str]:
    """Makes missing kept secrets, each escrowed before it is kept; escrows again for other recipients.

    Nothing uses a new one before a file or program of this apply does, so there is nothing to take back. Returns what
    was changed, for the operator.
    """
    return [change for kept in plan.kept for change in keep_secret(plan.unit, kept)]


def keep_secret(unit: str, kept: Kept) -> list[str]:
    path, name = secret_path(kept.id, kept.epoch), f"{kept.id}.{kept.epoch}"
    known = files.exists(path)
    value = files.read_text(path) if known else random_value(kept.length)
    record: dict[str, object] = {"recipients": kept.recipients}
    changed: list[str] = []
    if kept.recipients and not (known and files.read_json(record_path(name)) == record):
        seal(unit, kept.id, kept.epoch, kept.recipients, value)
        files.write_json(record_path(name), record)
        changed.append(f"escrow {name}")
    if not known:
        files.make_directory(os.path.dirname(path))
        files.write(path, value)
        changed.append(f"secret {name}")
    return changed


def make_secret(unit: str, made: Made) -> None:
    """Makes a secret, escrows it, and only then puts it to use: it is never without its escrow."""
    value = random_value(made.length)
    seal(unit, made.id, made.epoch, [made.recipient], value)
    command(unit, made.use_argv, stdin=made.use_stdin.replace("{}", value))
    files.write(record_path(made.id), json.dumps(record_of(made)))


def due_secrets(plan: Plan) -> list[Made]:
    """The plan's secrets that are not on record as they are declared."""
    return [made for made in plan.made if files.read_json(record_path(made.id)) != record_of(made)]


def record_of(made: Made) -> dict[str, object]:
    return {"epoch": made.epoch, "recipient": made.recipient}


def escrow(plan: Plan) -> dict[str, str]:
    """The plan's escrowed secrets as armored age files, by id."""
    escrowed = [(made.id, made.epoch) for made in plan.made]
    escrowed += [(kept.id, kept.epoch) for kept in plan.kept if kept.recipients]
    return {id: files.read_text(f"{paths.BASE}/escrow/{id}.{epoch}.age") for id, epoch in escrowed}
