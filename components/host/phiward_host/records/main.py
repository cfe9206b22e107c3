"""`phiward.pyz records acts …`: who did what on which host, from the journals at this vault; one act a line, as JSON.

Whoever asks is on record as well. What is not understood is left out: no text of an entry is shown.
"""

import functools
import heapq
import itertools
import json
import os
import re
from collections.abc import Iterator, Sequence

from phiward_host.common import cli, journal, memory
from phiward_host.common.errors import Refused
from phiward_host.records import daemon, kernel, logins, own, services, sources, trouble
from phiward_host.records.act import Act
from phiward_host.records.asked import USAGE, Asked, asked
from phiward_host.records.people import People, people
from phiward_host.records.query import LOG, entries
from phiward_host.records.sources import Source

READERS = (*logins.READERS, *own.READERS, *services.READERS, *trouble.READERS, *daemon.READERS)
KERNEL_KINDS = frozenset({"file", "privilege", "ENCRYPTION_KEY_ACCESS"})


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main. The last line has `end`, and whether there is more than was asked for."""
    memory.bound()
    return cli.main("the program of records", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    answer, rest = cli.choose(words, {"acts": acts}, USAGE)
    wanted = asked(rest)
    _record(rest)
    found = answer(wanted)
    count = 0
    for act in itertools.islice(found, wanted.most):
        count += 1
        print(json.dumps(act.to_json(), ensure_ascii=True))
    there = sources.by_host(sources.sources(wanted.own))
    more = next(found, None) is not None
    print(
        json.dumps(
            {"end": True, "acts": count, "more": more, "hosts": {name: len(files) for name, files in there.items()}}
        )
    )
    return cli.DONE


def _record(words: Sequence[str]) -> None:
    """The reading, before anything is shown. sudo(8) says who became root for it."""
    name = os.environ.get("SUDO_USER", "")
    who = name if re.fullmatch(logins.NAME, name) else "root"
    what = f"the record was read: {' '.join(word for word in words if not word.startswith('key='))}"
    journal.record("reading", f"{who} read {what}", who=who, what=what, outcome="success")


def acts(wanted: Asked) -> Iterator[Act]:
    """In order of time, of all hosts or the one that is asked for. Raises Refused where there is none of it."""
    hosts = sources.by_host(sources.sources(wanted.own))
    if wanted.host is not None and wanted.host not in hosts:
        raise Refused(f"host: found one without a journal here, allowed: {', '.join(sorted(hosts)) or 'none yet'}")
    chosen = [files for host, files in hosts.items() if wanted.host in (None, host)]
    return heapq.merge(*(_of_host(files, wanted) for files in chosen), key=lambda act: act.time)


def _of_host(files: Sequence[Source], wanted: Asked) -> Iterator[Act]:
    known = people(files, wanted.begin, wanted.end)
    streams = [
        _read(files, wanted, known, index)
        for index, reader in enumerate(READERS)
        if set(reader.kinds) & set(wanted.kinds)
    ]
    if KERNEL_KINDS & set(wanted.kinds):
        streams.append(_audited(files, wanted, known))
    return heapq.merge(*streams, key=lambda act: act.time)


def _read(files: Sequence[Source], wanted: Asked, known: People, index: int) -> Iterator[Act]:
    reader = READERS[index]
    names = wanted.names if reader.query.names_who else ()
    read = reader.read
    if reader.beginning is not None:
        read = reader.beginning(functools.partial(entries, files), wanted.begin, wanted.end)
    for entry in entries(files, wanted.begin, wanted.end, reader.query, names):
        act = read(entry) if reader.by == "any" or known.is_deploys(entry) else None
        if act is None:
            continue
        act = known.of_request(known.named(act), entry.text("PHIWARD_REQUEST"))
        if wanted.takes(act):
            yield act


def _audited(files: Sequence[Source], wanted: Asked, known: People) -> Iterator[Act]:
    for act, session in kernel.acts(files, wanted.begin, wanted.end):
        named = known.named(act, session)
        if wanted.takes(named):
            yield named
