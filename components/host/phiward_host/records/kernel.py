"""The kernel's audit records: a system call, with the files and the command of the same event."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from phiward_host.records.act import Act, Kind, Query, plain, shown_command
from phiward_host.records.entry import Entry
from phiward_host.records.query import MICROSECONDS, entries
from phiward_host.records.sources import Source

# Types of records (linux/audit.h): SYSCALL, PATH, EXECVE.
SYSCALL, PATH, EXECVE = "1300", "1302", "1309"
UNSET = "4294967295"
# So many events are asked for at once: each is an argument.
BATCH = 200
# The records of an event come within moments of each other.
APART = 10 * MICROSECONDS
MOST_WORDS = 64
_PAIR = re.compile(r'([a-zA-Z0-9_]{1,32})=("[^"]*"|\S+)')
# Keys of rules, and paths, of what encrypts or proves who someone is.
_SECRET_RULE = re.compile(r"(^|[-_])(secrets?|keys?|tls|escrow|passwords?|certificates?)($|[-_])")
_SECRET_PATH = re.compile(
    r"/var/lib/phiward/(secrets|escrow|made)/|/etc/phiward/(.*/)?(secrets?|keys?|acme)(/|$)|/etc/ssh/ssh_host_\w+_key$"
    r"|/etc/ssl/private/|\.(key|pem)$|/run/secrets/|password$"
)


def fields_of(message: str) -> Mapping[str, str]:
    """The fields of a record; what the kernel wrote as hexadecimal, as it is not plain text, is decoded."""
    return {name: _value(name, value) for name, value in _PAIR.findall(message)}


def _value(name: str, value: str) -> str:
    if value.startswith('"'):
        return value[1:-1]
    is_text = name in ("name", "exe", "comm", "key", "cwd") or re.fullmatch(r"a[0-9]+", name) is not None
    if is_text and value != "(null)" and re.fullmatch(r"(?:[0-9A-F]{2})+", value):
        return bytes.fromhex(value).decode("utf-8", "replace")
    return value


def query(who: Sequence[str] | None) -> Query:
    """System calls that a rule asked for, by these login accounts' numbers."""
    matches = ["_TRANSPORT=audit", f"_AUDIT_TYPE={SYSCALL}"]
    return Query([[*matches, *(f"_AUDIT_LOGINUID={number}" for number in who or ())]], names_who=False)


def acts(
    files: Sequence[Source], begin: int, end: int, who: Sequence[str] | None
) -> Iterator[tuple[Act, tuple[str, str]]]:
    """The events of that time, each with its boot and session; `who` is the number of the login account."""
    calls = (
        entry
        for entry in entries(files, begin, end, query(who))
        if fields_of(entry.text("MESSAGE")).get("key", "(null)") != "(null)"
    )
    while batch := list(itertools.islice(calls, BATCH)):
        companions = _companions(files, batch)
        for call in batch:
            act = _act(call, companions.get((call.boot, call.text("_AUDIT_ID")), []))
            yield act, (call.boot, call.text("_AUDIT_SESSION"))


def _companions(files: Sequence[Source], batch: Sequence[Entry]) -> Mapping[tuple[str, str], Sequence[Entry]]:
    wanted = Query(
        [
            [
                *("_TRANSPORT=audit", f"_AUDIT_TYPE={PATH}", f"_AUDIT_TYPE={EXECVE}"),
                *(f"_AUDIT_ID={id}" for id in sorted({entry.text("_AUDIT_ID") for entry in batch} - {""})),
            ]
        ]
    )
    found: dict[tuple[str, str], list[Entry]] = {}
    begin, end = min(entry.time for entry in batch) - APART, max(entry.time for entry in batch) + APART
    for entry in entries(files, begin, end, wanted):
        found.setdefault((entry.boot, entry.text("_AUDIT_ID")), []).append(entry)
    return found


def _act(call: Entry, companions: Iterable[Entry]) -> Act:
    said = fields_of(call.text("MESSAGE"))
    paths: list[str] = []
    words: list[str] = []
    for entry in companions:
        fields = fields_of(entry.text("MESSAGE"))
        if entry.text("_AUDIT_TYPE") == PATH and fields.get("nametype") != "PARENT":
            paths.append(fields.get("name", ""))
        if entry.text("_AUDIT_TYPE") == EXECVE:
            words += _words(fields)
    rule = said.get("key", "")
    command = shown_command(words) if words else plain(said.get("exe", ""))
    shown = [path if plain(path) else "…" for path in paths[:2] if path not in ("", "(null)")]
    what = f"{rule}: {' '.join(shown)} by {command}" if shown else f"{rule}: {command}"
    uid = said.get("auid", call.text("_AUDIT_LOGINUID"))
    as_root = "" if said.get("uid", "") in (uid, "") else f" as uid {said['uid']}"
    outcome = "success" if said.get("success") == "yes" else "denied"
    who = "" if uid in (UNSET, "-1", "") else f"uid {uid}"
    return Act(call.time, call.host, _kind(rule, paths, words), f"{what}{as_root}", who, said.get("tty", ""), outcome)


def _kind(rule: str, paths: Sequence[str], words: Sequence[str]) -> Kind:
    if _SECRET_RULE.search(rule) or any(_SECRET_PATH.search(path) for path in paths):
        return "ENCRYPTION_KEY_ACCESS"
    return "privilege" if words else "file"


def _words(fields: Mapping[str, str]) -> Sequence[str]:
    return list(itertools.takewhile(lambda word: word != "", (fields.get(f"a{n}", "") for n in range(MOST_WORDS))))
