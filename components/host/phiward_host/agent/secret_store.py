"""Secrets that are made on this host: kept for its own programs, and escrowed to the owner's keys."""

import hashlib
import json
import os
import secrets
from collections.abc import Sequence

from phiward_host.agent.command import command
from phiward_host.agent.plan import Kept, Made, Plan
from phiward_host.common import files, paths
from phiward_host.common.errors import Refused

# Letters and digits without those that are taken for one another.
ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def secret_path(id: str, epoch: int) -> str:
    return f"{paths.BASE}/secrets/{id}.{epoch}"


def escrow_path(id: str, epoch: int) -> str:
    return f"{paths.BASE}/escrow/{id}.{epoch}.age"


def record_path(name: str) -> str:
    """What is on record about an escrow: to whom, and of a made secret, which epoch."""
    return f"{paths.BASE}/escrow/{name}.json"


def value_path(name: str) -> str:
    """The hash of the value that an escrow is of, by which another value is noticed."""
    return f"{paths.BASE}/escrowed/{name}.sha256"


def fingerprint(value: str) -> str:
    """SHA-256 of a secret, by which an escrow is known to be of it; what is random cannot be found by trying."""
    return hashlib.sha256(value.encode()).hexdigest()


def random_value(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def seal(unit: str, id: str, epoch: int, recipients: Sequence[str], value: str, *, same: bool) -> None:
    """Escrows a secret: encrypts it to the recipients' public keys.

    An escrow that is there is replaced only where it is known to be of the `same` value. Else it stays beside the new
    one, under its checksum: it may be all that opens a backup.
    """
    files.make_directory(f"{paths.BASE}/escrow")
    options = [option for recipient in recipients for option in ("--recipient", recipient)]
    sealed = command(unit, ["age", "--armor", *options], stdin=value + "\n")
    path = escrow_path(id, epoch)
    if not same and files.exists(path):
        files.rename(path, f"{paths.BASE}/escrow/{id}.{epoch}.former-{files.sha256(path)[:16]}.age")
    files.write(path, sealed)


def keep_secrets(plan: Plan) -> list[str]:
    """Makes missing kept secrets, each escrowed before it is kept; escrows again for other recipients.

    Nothing uses a new one before a file or program of this apply does, so there is nothing to take back. Returns what
    was changed, for the operator.
    """
    return [change for kept in plan.kept for change in keep_secret(plan.unit, kept)]


def keep_secret(unit: str, kept: Kept) -> list[str]:
    path, name = secret_path(kept.id, kept.epoch), f"{kept.id}.{kept.epoch}"
    known, found = files.exists(path), files.read_json(record_path(name))
    if not known and kept.recipients and found is not None:
        raise Refused(
            f"secret {name}: {path} is missing, and another value would not open what this one has locked. Put it back "
            f"from its escrow: age --decrypt --identity KEY {escrow_path(kept.id, kept.epoch)}; or, where it is not "
            "needed any more, raise its epoch"
        )
    value = files.read_text(path) if known else random_value(kept.length)
    record: dict[str, object] = {"recipients": kept.recipients}
    changed: list[str] = []
    # Without a hash on record an earlier version made the escrow, with the secret.
    escrowed = _escrowed_value(name)
    same = escrowed in (None, fingerprint(value))
    is_made = found == record and same and files.exists(escrow_path(kept.id, kept.epoch))
    due = bool(kept.recipients) and not is_made
    if due:
        seal(unit, kept.id, kept.epoch, kept.recipients, value, same=escrowed == fingerprint(value))
        changed.append(f"escrow {name}")
    if not known:
        files.make_directory(os.path.dirname(path))
        files.write(path, value)
        changed.append(f"secret {name}")
    if due:
        # Last: what is on record and not there is missing, and not only cut off.
        files.write_json(record_path(name), record)
    if kept.recipients and escrowed != fingerprint(value):
        files.make_directory(os.path.dirname(value_path(name)))
        files.write(value_path(name), fingerprint(value))
    return changed


def _escrowed_value(name: str) -> str | None:
    """The hash of the value that an escrow is of; None where there is none on record."""
    path = value_path(name)
    return files.read_text(path) if files.exists(path) else None


def make_secret(unit: str, made: Made) -> None:
    """Makes a secret, escrows it, and only then puts it to use: it is never without its escrow."""
    value = random_value(made.length)
    seal(unit, made.id, made.epoch, [made.recipient], value, same=False)
    command(unit, made.use_argv, stdin=made.use_stdin.replace("{}", value))
    files.write(record_path(made.id), json.dumps(record_of(made)))


def due_secrets(plan: Plan) -> list[Made]:
    """The plan's secrets that are not on record as they are declared, or whose escrow is gone: nobody has them."""
    return [
        made
        for made in plan.made
        if files.read_json(record_path(made.id)) != record_of(made)
        or not files.exists(escrow_path(made.id, made.epoch))
    ]


def record_of(made: Made) -> dict[str, object]:
    return {"epoch": made.epoch, "recipient": made.recipient}


def escrow(plan: Plan) -> dict[str, str]:
    """The plan's escrowed secrets as armored age files, by id."""
    escrowed = [(made.id, made.epoch) for made in plan.made]
    escrowed += [(kept.id, kept.epoch) for kept in plan.kept if kept.recipients]
    return {id: files.read_text(escrow_path(id, epoch)) for id, epoch in escrowed}
