"""Restores over live data: what this host asks two people to sign, and the signatures under it.

What is asked for is kept here until it is carried out, so that what is done is what was signed. Whose signatures count
is in a file that the plan writes; see ssh-keygen(1), ALLOWED SIGNERS.
"""

import contextlib
import datetime
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from phiward_host.backup.request import Approval, RestoreRequest, select
from phiward_host.backup.restore_record import audit
from phiward_host.backup.settings import Settings
from phiward_host.backup.tools import LOG, must, utc_now
from phiward_host.common import contained, files, lock, paths, process, records
from phiward_host.common.decode import Fields, as_object, dict_of
from phiward_host.common.errors import Refused

SIGNERS = "/etc/phiward/restore-signers"
# What such a signature is for: one for anything else is refused.
NAMESPACE = "phiward-restore"
VALID = datetime.timedelta(hours=24)
# Of one person's. The oldest of more is forgotten, and no other person's.
MOST_WAITING = 20
MOST_CHARACTERS = 500
MOST_OF_A_SIGNATURE = 16 << 10
LOCK_SECONDS = 10.0
_NONCE = re.compile(r"^nonce: ([0-9a-f]{32})\n\Z", re.MULTILINE)


@dataclass(frozen=True)
class Waiting:
    """A request that waits for its signatures: its text, when it was made, and what it asks for."""

    text: str
    at: datetime.datetime
    asked: Mapping[str, object]

    @classmethod
    def from_json(cls, value: object, path: str) -> Self:
        fields = Fields.of(value, path)
        at = datetime.datetime.fromisoformat(fields.text("at"))
        return cls(fields.text("text"), at.astimezone(datetime.UTC), fields.read("asked", as_object))

    def to_json(self) -> dict[str, object]:
        return {"text": self.text, "at": self.at.isoformat(), "asked": dict(self.asked)}

    @property
    def is_old(self) -> bool:
        # Also one of a clock that was set back.
        return abs(datetime.datetime.now(datetime.UTC) - self.at) > VALID


@dataclass(frozen=True)
class Consent:
    """What may be done, and by whose word: of a second person, of one alone, or since nothing of this host's is there.

    `nonce`: of the request that two people signed. `only_if_new`: where the repository is not yet this host's.
    """

    request: RestoreRequest
    approved_by: str | None = None
    nonce: str | None = None
    only_if_new: bool = False

    @property
    def record(self) -> dict[str, object]:
        """What the record of restores holds of it."""
        approved: dict[str, object] = {"approvedBy": self.approved_by, "request": self.nonce}
        return {**self.request.record, **(approved if self.nonce is not None else {})}

    def take(self, *, is_new: bool) -> None:
        """The last word before anything is replaced: it counts once. Raises Refused where that was already."""
        if self.only_if_new and not is_new:
            raise Refused(
                "restore: this host's own password opens its backups, so its own data would be replaced, and two "
                "people are needed; leave --recovery-key out, and the host writes the request that they sign"
            )
        if self.nonce is None:
            return
        with _held():
            waiting = _waiting()
            if waiting.pop(self.nonce, None) is None:
                raise Refused(_UNKNOWN)
            _keep(waiting)


_UNKNOWN = (
    "--approval: found a request that this host does not know (any more), allowed: one that it made within the last 24 "
    "hours and that was not carried out yet; ask again without --approval"
)


def needs_two(settings: Settings, request: RestoreRequest) -> bool:
    """Whether a request has to be signed before it is carried out: one that replaces what is there."""
    return settings.restore_people > 1 and not request.into and not request.emergency


def ask(settings: Settings, request: RestoreRequest) -> str:
    """Makes a request for two people to sign, and keeps it. Returns its text. Raises Refused."""
    select(settings, request)
    names = signers()
    if request.who not in names:
        raise Refused(
            f"--who: found a name that may not ask for a restore here, allowed: {', '.join(names) or 'nobody'}; "
            "people who have sudo, and backup.restores.approvers. Someone new is known after the next deploy"
        )
    own = must("this host's SSH key cannot be read", ["ssh-keygen", "-y", "-f", paths.HOST_KEY])
    nonce, at = secrets.token_hex(16), utc_now()
    said: Mapping[str, str] = {
        "host": settings.host,
        "host key": " ".join(own.split()[:2]),
        "what": request.what,
        "from": request.source,
        "snapshot": request.snapshot or _newest(request),
        "unsigned": "accepted" if request.unsigned else "refused",
        **({} if request.without_erasures is None else {"erased persons may be back": request.without_erasures}),
        "why": request.why,
        "who": request.who,
        "at": at,
        "nonce": nonce,
    }
    for name, value in said.items():
        if len(value) > MOST_CHARACTERS or not value.isprintable():
            raise Refused(
                f"--{name}: found more than {MOST_CHARACTERS} characters, or some that are not simply shown, allowed: "
                "text on one line, since people sign it"
            )
    text = "".join(["A restore over live data\n", *(f"{name}: {value}\n" for name, value in said.items())])
    asked = {**request.record, "snapshot": request.snapshot}
    with _held():
        waiting = {
            name: each for name, each in _waiting().items() if not each.is_old and each.asked.get("who") in names
        }
        own = [name for name, each in waiting.items() if each.asked.get("who") == request.who]
        for name in own[: max(0, len(own) - MOST_WAITING + 1)]:
            del waiting[name]
        _keep({**waiting, nonce: Waiting(text, datetime.datetime.fromisoformat(at), asked)})
    audit({"event": "asked", **asked, "request": nonce})
    return text


def _newest(request: RestoreRequest) -> str:
    newest = "the newest complete run"
    return newest if request.before is None else f"{newest} before {request.before.isoformat()}"


def judged(settings: Settings, request: RestoreRequest) -> Consent:
    """By whose word a request is carried out. Raises Refused, which is on record, where signatures do not do."""
    if request.approval is None:
        return Consent(request, only_if_new=needs_two(settings, request))
    with _held():
        waiting = _waiting()
    nonce = _NONCE.search(request.approval.text)
    known = None if nonce is None else waiting.get(nonce.group(1))
    if nonce is None or known is None:
        raise Refused(_UNKNOWN)
    opened = {"passwords": list(request.passwords), "masters": request.masters}
    asked = RestoreRequest.from_json({**known.asked, **opened}, "request")
    try:
        approver = _approver(known, asked.who, request.approval)
    except Refused as error:
        audit({"event": "refused", **asked.record, "request": nonce.group(1), "reason": str(error)})
        raise
    return Consent(asked, approver, nonce.group(1))


def _approver(known: Waiting, who: str, approval: Approval) -> str:
    if known.text != approval.text:
        raise Refused("--approval: found a request that was changed, allowed: the file as this host made it")
    if known.is_old:
        raise Refused("--approval: found a request that is older than 24 hours, allowed: a newer one; ask again")
    by = {_signer(approval.text, signature) for signature in approval.signatures}
    if None in by:
        raise Refused(
            f"--approval: found a signature of another text or by a key that does not count here, allowed: those of "
            f"{', '.join(signers()) or 'nobody'}, by a key that the stack's file has for them. A key that is new is "
            "known after the next deploy"
        )
    if who not in by:
        raise Refused(f"--approval: found no signature of {who}, who asks, allowed: that one and another person's")
    others = sorted(name for name in by if name is not None and name != who)
    if not others:
        raise Refused(f"--approval: found signatures of {who} alone, who asks, allowed: that one and another person's")
    return others[0]


def signers() -> list[str]:
    """Who may ask for a restore over live data, and approve one."""
    lines = (files.read_text_if_any(SIGNERS) or "").splitlines()
    return sorted({line.partition(" ")[0] for line in lines})


def _signer(text: str, signature: str) -> str | None:
    """Whose signature on a text it is, of those whose count."""
    if len(signature) > MOST_OF_A_SIGNATURE:
        return None
    with files.secret_file(signature) as (given, path):
        find = ["ssh-keygen", "-Y", "find-principals", "-s", path, "-f", SIGNERS]
        found = process.logged(find, LOG, pass_fds=(given,))
        # Nor does a key count that was revoked, or whose owner is locked.
        revoked = ["-r", contained.KEYS_FILE] if files.exists(contained.KEYS_FILE) else []
        for name in found.stdout.splitlines() if found.code == 0 else ():
            verify = ["ssh-keygen", "-Y", "verify", "-f", SIGNERS, "-I", name, "-n", NAMESPACE, "-s", path, *revoked]
            if process.logged(verify, LOG, stdin=text, pass_fds=(given,)).code == 0:
                return name
    return None


def _path() -> str:
    return f"{paths.BASE}/backup/restore-requests.json"


def _held() -> contextlib.AbstractContextManager[None]:
    return lock.hold("restore-requests.lock", "restore", LOCK_SECONDS)


def _waiting() -> dict[str, Waiting]:
    return records.read_or_begin(_path(), dict_of(Waiting.from_json), {}, LOG)


def _keep(waiting: Mapping[str, Waiting]) -> None:
    records.write_json(_path(), {nonce: entry.to_json() for nonce, entry in waiting.items()}, LOG)
