"""Secrets that are made on this host: kept for its own programs, and escrowed to the owner's keys."""

import re
import secrets
from collections.abc import Sequence

from phiward_host.agent.command import command, telling_command
from phiward_host.agent.kept_values import (
    LOG,
    find,
    fingerprint,
    fingerprint_path,
    is_as_recorded,
    name_of,
    put_on_record,
    recorded,
    secret_path,
)
from phiward_host.agent.plan import Kept, Made, Plan
from phiward_host.common import files, paths, process, records
from phiward_host.common.errors import Damaged, Failed, Refused

# Letters and digits without those that are taken for one another.
ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def escrow_path(id: str, epoch: int) -> str:
    return f"{paths.BASE}/escrow/{id}.{epoch}.age"


def record_path(name: str) -> str:
    """What is on record about an escrow: to whom, and of a made secret, which epoch."""
    return f"{paths.BASE}/escrow/{name}.json"


def random_value(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def seal(unit: str, id: str, epoch: int, recipients: Sequence[str], value: str, *, same: bool) -> None:
    """Escrows a secret: encrypts it to the recipients' public keys.

    An escrow that is there is replaced only where it is known to be of the `same` value. Else it stays beside the new
    one, under its checksum: it may be all that opens a backup.
    """
    options = [option for recipient in recipients for option in ("--recipient", recipient)]
    sealed = command(unit, ["age", "--armor", *options], stdin=value + "\n")
    path = escrow_path(id, epoch)
    if not same and files.is_file(path):
        files.rename(path, f"{paths.BASE}/escrow/{id}.{epoch}.former-{files.sha256(path)[:16]}.age")
    records.write(path, sealed, LOG)


def keep_secrets(plan: Plan) -> list[str]:
    """Makes missing kept secrets, each escrowed before it is kept; escrows again for other recipients.

    One that was lost is taken back from a file that has it; another value never takes its place. Nothing uses a new one
    before a file or program of this apply does, so there is nothing to take back. Returns what was changed, for the
    operator. Raises Refused with all that are lost; the others are made.
    """
    changed: list[str] = []
    lost: list[str] = []
    for kept in plan.kept:
        try:
            changed += keep_secret(plan, kept)
        except Refused as refused:
            lost.append(str(refused))
    if lost:
        raise Refused("; ".join(lost))
    return changed


def keep_secret(plan: Plan, kept: Kept) -> list[str]:
    path, name = secret_path(kept.id, kept.epoch), name_of(kept)
    found = find(plan, kept)
    if found is None:
        require_new(plan.unit, kept)
    value = random_value(kept.length) if found is None else found.value
    escrowed, due = recorded(name), escrow_is_due(kept, value)
    changed: list[str] = []
    if due:
        seal(plan.unit, kept.id, kept.epoch, kept.recipients, value, same=escrowed == fingerprint(value))
        changed.append(f"escrow {name}")
    if found is None or found.source is not None:
        records.write(path, value, LOG)
        changed.append(f"secret {name}" if found is None else f"secret {name}, recovered from {found.source}")
    if due:
        # Last: what is on record and not there is missing, and not only cut off.
        records.write_json(record_path(name), escrow_record(kept), LOG)
    put_on_record(kept, value)
    return changed


def require_new(unit: str, kept: Kept) -> None:
    """Raises Refused where a secret that is nowhere was there before, or something here is locked by it."""
    name = name_of(kept)
    was_there = files.exists(fingerprint_path(name)) or files.exists(record_path(name))
    if was_there and not kept.replaceable:
        escrow = escrow_path(kept.id, kept.epoch)
        back = f" from its escrow: age --decrypt --identity KEY {escrow}" if files.exists(escrow) else ""
        raise Refused(
            f"secret {name}: {secret_path(kept.id, kept.epoch)} is missing, and another value would not open what this "
            f"one has locked. Put it back{back}; or, where it is not needed any more, raise its epoch"
        )
    if kept.new_if is not None:
        try:
            telling_command(unit, kept.new_if)
        except Failed as failure:
            raise Refused(f"secret {name}: another one was not made: {failure}") from None


def escrow_is_due(kept: Kept, value: str) -> bool:
    """Whether a secret is to be escrowed: it is not yet, or of another value, or to others."""
    name = name_of(kept)
    # Without a fingerprint on record an earlier version made the escrow, with the secret.
    same = recorded(name) in (None, fingerprint(value))
    is_made = files.is_file(escrow_path(kept.id, kept.epoch)) and read_record(name) in (
        escrow_record(kept),
        # As an earlier version wrote it.
        {"recipients": kept.recipients},
    )
    return bool(kept.recipients) and not (same and is_made)


def escrow_record(kept: Kept) -> dict[str, object]:
    """What is on record of an escrow that is there: to whom, and the hash of it, by which damage is seen."""
    return {"recipients": kept.recipients, "sha256": files.sha256(escrow_path(kept.id, kept.epoch))}


def make_secret(unit: str, made: Made) -> None:
    """Makes a secret, escrows it, and only then puts it to use: it is never without its escrow."""
    value = random_value(made.length)
    seal(unit, made.id, made.epoch, [made.recipient], value, same=False)
    command(unit, made.use_argv, stdin=made.use_stdin.replace("{}", value))
    records.write_json(record_path(made.id), record_of(made), LOG)


def due_secrets(plan: Plan) -> list[Made]:
    """The plan's secrets that nobody has: not on record as declared, without their escrow, or no longer in use.

    What a record vouches for is seen by what the secret opens: a record that was put back may be of an earlier value.
    """
    return [
        made
        for made in plan.made
        if read_record(made.id) not in (record_of(made), declared(made))
        or not files.is_file(escrow_path(made.id, made.epoch))
    ]


def complete_records(plan: Plan) -> None:
    """Adds to the records of an earlier version what their secrets open now."""
    for made in incomplete(plan):
        records.write_json(record_path(made.id), record_of(made), LOG)


def incomplete(plan: Plan) -> list[Made]:
    """The plan's secrets whose records are of an earlier version."""
    return [made for made in plan.made if read_record(made.id) == declared(made) != record_of(made)]


def declared(made: Made) -> dict[str, object]:
    return {"epoch": made.epoch, "recipient": made.recipient}


def opens(made: Made) -> str | None:
    """The fingerprint of what a secret opens on this host, by which a secret that opens it no more is noticed."""
    if made.opens is None:
        return None
    found = re.search(made.opens.pattern, process.run(made.opens.argv).stdout)
    return fingerprint(found[1] if found else "")


def record_of(made: Made) -> dict[str, object]:
    """What is on record of a secret that is in use as it was made."""
    seen = opens(made)
    return declared(made) if seen is None else {**declared(made), "opens": seen}


def read_record(name: str) -> object:
    """What is on record of an escrow; None where nothing is, or it is damaged: the escrow is then made again."""
    try:
        return files.read_json(record_path(name))
    except Damaged:
        return None


def lost_secrets(plan: Plan) -> list[str]:
    """The plan's secrets, and their escrows, that are not what is on record of them, for the operator."""
    kept = [f"secret {name_of(entry)}" for entry in plan.kept if not is_as_recorded(entry)]
    whole = [entry for entry in plan.kept if is_as_recorded(entry)]
    kept += [
        f"escrow {name_of(entry)}"
        for entry in whole
        if escrow_is_due(entry, files.read_text(secret_path(entry.id, entry.epoch)))
    ]
    return kept + [f"secret {made.id}" for made in due_secrets(plan)]


def escrow(plan: Plan) -> dict[str, str]:
    """The plan's escrowed secrets as armored age files, by id."""
    escrowed = [(made.id, made.epoch) for made in plan.made]
    escrowed += [(kept.id, kept.epoch) for kept in plan.kept if kept.recipients]
    return {id: files.read_text(escrow_path(id, epoch)) for id, epoch in escrowed}
