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

# What our own programs read in /etc/phiward for whoever asks them (`status`, `drift`, …): settings, which hold no
# secret, each by its name in a directory that is open already (common/directory.py).
_SETTINGS = frozenset({"phiward", "monitor", "look.json", "integrity.json", "sessions.json", "duties.json"})
_OWN_PROGRAM = re.compile(r"/usr/bin/python3(?:\.[0-9]+)?")


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


QUERY = Query([["_TRANSPORT=audit", *(f"_AUDIT_TYPE={type}" for type in (SYSCALL, PATH, EXECVE))]], names_who=False)


def acts(files: Sequence[Source], begin: int, end: int) -> Iterator[tuple[Act, tuple[str, str]]]:
    """The events of that time that a rule asked for, each with its boot and session.

    All in one pass: to ask for the records of each event apart took ten times as long over years.
    """
    yield from events(entries(files, begin, end + APART, QUERY))


def events(found: Iterable[Entry]) -> Iterator[tuple[Act, tuple[str, str]]]:
    """The same of entries in order of time, of which others than the kernel's are left out."""
    waiting: dict[tuple[str, str], list[Entry]] = {}
    for entry in found:
        if entry.text("_TRANSPORT") != "audit":
            continue
        while waiting and next(iter(waiting.values()))[0].time < entry.time - APART:
            yield from _event(waiting.pop(next(iter(waiting))))
        waiting.setdefault((entry.boot, entry.text("_AUDIT_ID")), []).append(entry)
    for records in waiting.values():
        yield from _event(records)


def _event(records: Sequence[Entry]) -> Iterator[tuple[Act, tuple[str, str]]]:
    """Nothing for an event without a system call, or one that no rule asked for."""
    for entry in records:
        if entry.text("_AUDIT_TYPE") == SYSCALL and fields_of(entry.text("MESSAGE")).get("key", "(null)") != "(null)":
            others = [other for other in records if other is not entry]
            yield _act(entry, others), (entry.boot, entry.text("_AUDIT_SESSION"))
            return


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
    who, by_way = _who(said, said.get("auid", call.text("_AUDIT_LOGINUID")))
    terminal = plain(said.get("tty", ""))
    outcome = "success" if said.get("success") == "yes" else "denied"
    is_settings = (
        _OWN_PROGRAM.fullmatch(said.get("exe", "")) is not None and bool(paths) and _SETTINGS.issuperset(paths)
    )
    kind = "file" if is_settings else _kind(rule, paths, words)
    return Act(call.time, call.host, kind, f"{what}{by_way}", who, terminal, outcome)


def _who(said: Mapping[str, str], login: str) -> tuple[str, str]:
    """Who it was, and by which way: a person is who logged in, whatever account it was done as."""
    uid = said.get("uid", "")
    if login not in (UNSET, "unset", "-1", ""):
        return f"uid {login}", "" if uid in (login, "") else f" as uid {uid}"
    # A console without a login, a unit, or a container: of these the account is all that there is.
    return "root" if uid == "0" else f"uid {uid}" if uid else "", ", in no login session"


def _kind(rule: str, paths: Sequence[str], words: Sequence[str]) -> Kind:
    if _SECRET_RULE.search(rule) or any(_SECRET_PATH.search(path) for path in paths):
        return "ENCRYPTION_KEY_ACCESS"
    return "privilege" if words else "file"


def _words(fields: Mapping[str, str]) -> Sequence[str]:
    """A command's words; after one that is empty, or in parts, comes one that is shown as more than there is."""
    words = list(itertools.takewhile(lambda word: word != "", (fields.get(f"a{n}", "") for n in range(MOST_WORDS))))
    count = fields.get("argc", "")
    return words if count == str(len(words)) or not count.isdecimal() else [*words, "\N{HORIZONTAL ELLIPSIS}"]
