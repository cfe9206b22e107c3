"""`phiward.pyz subjects VERB`: `begin` is a deploy's; a person's verbs read what they are asked on standard input.

No reference is an argument, which everyone on the host could see and sudo writes down.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from phiward_host.common import cli, journal, memory
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.who import who
from phiward_host.databases import maintenance
from phiward_host.databases.session import ApplicationSession, ClusterSession
from phiward_host.subjects import again, register, shown, volumes
from phiward_host.subjects.patterns import MOST_REFERENCE
from phiward_host.subjects.register import ANSWER_DAYS, DAY, LOG
from phiward_host.subjects.rows import Persons
from phiward_host.subjects.settings import Subjects, declared
from phiward_host.subjects.walked import Gone, Whose

USAGE = "subjects begin|list|request|export|erase|again"
MOST_BYTES = 1 << 16
_WHY = re.compile(r"[!-~][ -~]{18,298}[!-~]", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """What a person asks."""

    reference: str
    why: str
    recipient: str
    who: str


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    cli.end_on_sigterm()
    memory.bound()
    return cli.main("the program of persons' data", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    verb, rest = cli.choose(words, VERBS, USAGE)
    if rest:
        raise Refused(f"found more than one word, allowed: {USAGE}")
    with register.locked(words[0]):
        answer = verb(declared())
        if answer is not None:
            print(json.dumps(answer), flush=True)
    return cli.DONE


def _begin(_: Subjects) -> None:
    register.begin()


def _list(_: Subjects) -> object:
    """Requests that wait, without whose they are; and how many persons were erased."""
    found = register.load()
    waiting = sorted(found.requests.items(), key=lambda entry: entry[1])
    requests = [{"entry": entry, "asked": at, "due": at + ANSWER_DAYS * DAY} for entry, at in waiting]
    counts = {"begun": len(found.begun), "erased": len(found.erased)}
    return {"requests": requests, **counts, "returned": sorted(found.returned)}


def _request(subjects: Subjects) -> object:
    asked = _asked()
    entry, found = register.hash_of(subjects.key, asked.reference), register.load()
    at = found.requests.get(entry, time.time())
    register.save(replace(found, requests={**found.requests, entry: at}))
    _record(asked, f"a person's request is on record as {entry}", "opened a person's request")
    return {"entry": entry, "due": at + ANSWER_DAYS * DAY}


def _export(subjects: Subjects) -> object:
    asked = _asked()
    if shown.RECIPIENT.fullmatch(asked.recipient) is None:
        raise Refused("--recipient: found something else, allowed: an age recipient, or an ssh-ed25519 or ssh-rsa key")
    _require_nameable(subjects, asked)
    entry = register.hash_of(subjects.key, asked.reference)
    found: dict[str, list[object]] = {}
    for database, places in subjects.by_database().items():
        rows = Persons(_session(subjects, database), places, []).shown(asked.reference)
        found |= {str(place.table): each for place, each in zip(places, rows, strict=True)}
    kept = volumes.shown(subjects.by_volume(), asked.reference)
    counts, files = ({name: len(each) for name, each in lists.items()} for lists in (found, kept))
    if not any(counts.values()) and not any(files.values()):
        raise _nobody(subjects)
    text = shown.sealed(found, kept, asked.recipient)
    _answered(entry)
    _record(
        asked,
        f"a person's data ({entry}) was exported to {asked.recipient[:80]}: {sum(counts.values())} rows, "
        f"{sum(files.values())} files",
        "exported a person's data",
    )
    return {"entry": entry, "rows": counts, "files": files, "sealed": text}


def _erase(subjects: Subjects) -> object:
    asked = _asked()
    if _WHY.fullmatch(asked.why) is None:
        raise Refused(
            "--why: found another text, allowed: 20 to 300 printable characters of ASCII, nothing of the person"
        )
    _require_nameable(subjects, asked)
    entry, known = register.hash_of(subjects.key, asked.reference), register.load()
    persons = {
        database: Persons(_session(subjects, database), places, subjects.held(database))
        for database, places in subjects.by_database().items()
    }
    for each in persons.values():
        each.require_unheld(asked.reference)
    subjects.require_judged()
    counted = sum(sum(each.count(asked.reference)) for each in persons.values())
    is_any = counted > 0 or volumes.is_there(subjects.by_volume(), asked.reference)
    if not is_any and entry not in known.begun and entry not in known.erased:
        raise _nobody(subjects)
    now = time.time()
    register.save(replace(known, begun={**known.begun, entry: now}))
    rows: dict[str, int] = {}
    for database, places in subjects.by_database().items():
        ended = persons[database].erase([asked.reference])
        rows |= {str(place.table): each for place, each in zip(places, ended, strict=True)}
    gone: dict[str, Gone] = {}
    for in_volume in subjects.by_volume().values():
        gone |= volumes.erase(in_volume, Whose.of(asked.reference))
    files, linked = {name: each.files for name, each in gone.items()}, sum(each.linked for each in gone.values())
    found = register.load()
    begun = {other: at for other, at in found.begun.items() if other != entry}
    register.save(replace(found, begun=begun, erased={**found.erased, entry: found.erased.get(entry, now)}))
    _answered(entry)
    counts = f"{sum(rows.values())} rows, {sum(files.values())} files"
    _record(asked, f"a person was erased ({entry}), {counts}: {asked.why}", "erased a person's data")
    return {"entry": entry, "at": now, "rows": rows, "files": files, "linked": linked}


def _again(subjects: Subjects) -> object:
    """In databases and volumes that were restored without their erasures. One that fails keeps no other from it."""
    person, rows, files, left = who(), dict[str, int](), dict[str, int](), dict[str, str]()
    for place in sorted(register.load().returned):
        try:
            # Of one that is declared no more, nothing says whose its rows are.
            if place in subjects.by_database():
                session = _session(subjects, place)
                rows[place] = again.erase_again(session.container, session.database, place)
            elif place in subjects.by_volume():
                files[place] = again.erase_again_in(subjects.by_volume()[place])
        except Failed as failure:
            left[place] = str(failure)
            continue
        found = register.load()
        register.save(replace(found, returned={name: at for name, at in found.returned.items() if name != place}))
    counts = (
        f"in {len(rows)} databases, {sum(rows.values())} rows, and in {len(files)} volumes, {sum(files.values())} files"
    )
    message = f"persons who were erased were erased again {counts}"
    journal.record("operation", message, who=person, what="erased persons again", outcome="success")
    return {"rows": rows, "files": files, "left": left}


def _require_nameable(subjects: Subjects, asked: Asked) -> None:
    for place in subjects.files:
        place.pattern.require_nameable(asked.reference)


def _nobody(subjects: Subjects) -> Refused:
    what = "no row and no file" if subjects.files else "no row"
    return Refused(f"REF: found {what} of it in any place, allowed: a reference as the database has it")


def _session(subjects: Subjects, database: str) -> ApplicationSession:
    container = subjects.by_database()[database][0].table.container
    return maintenance.reopened(ClusterSession(container), database, database)


def _answered(entry: str) -> None:
    found = register.load()
    if entry in found.requests:
        left = {other: at for other, at in found.requests.items() if other != entry}
        register.save(replace(found, requests=left))


def _asked() -> Asked:
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Refused(f"found more than {MOST_BYTES} bytes, allowed: one question")
    fields = Fields.of(json.loads(data), "question")
    reference = fields.text("ref")
    if not 0 < len(reference) <= MOST_REFERENCE or not reference.isprintable():
        raise Refused(f"REF: found another text, allowed: 1 to {MOST_REFERENCE} printable characters")
    return Asked(reference, fields.text("why"), fields.text("recipient"), who())


def _record(asked: Asked, message: str, what: str) -> None:
    journal.record("operation", message, who=asked.who, what=what, outcome="success")


VERBS: Mapping[str, Callable[[Subjects], object]] = MappingProxyType(
    {"begin": _begin, "list": _list, "request": _request, "export": _export, "erase": _erase, "again": _again}
)
