"""The vault's daily look at the journals that it keeps: damaged files, missing records, and what is past its years."""

import time
from collections.abc import Mapping
from dataclasses import asdict

from phiward_host.common import cli, files, paths, process, records
from phiward_host.common.decode import as_float, as_str, dict_of, list_of
from phiward_host.common.errors import Failed
from phiward_host.common.faults import Faults
from phiward_host.common.log import RootLog
from phiward_host.journal import joined, stored
from phiward_host.journal.beat import MATCHES, gaps
from phiward_host.journal.joined import Run
from phiward_host.journal.settings import RemoteSettings
from phiward_host.sessions import stored as sessions

YEAR_SECONDS = 31_557_600
# More than a day, so that no heartbeat is between two of these.
LOOKED_AT_SECONDS = 26 * 3600
VERIFY_SECONDS = 3600
# A file that is written to meanwhile may look damaged, and whole the next time.
LOOKS, AGAIN_SECONDS = 3, 2.0
RECENT_SECONDS = 100_000


def check(settings: RemoteSettings, log: RootLog) -> int:
    """Removes what is past its years; raises Failed with what is damaged or missing."""
    known = records.read_or_begin(_seen(), dict_of(as_float), {}, log)
    had = records.read_or_begin(_files(), dict_of(list_of(Run.from_json)), {}, log)
    limit = time.time() - settings.years * YEAR_SECONDS
    # A host writes what is read here: of none may it depend what is found of the others.
    faults = {host: Faults(log) for host in settings.hosts}
    for host, found in faults.items():
        before = known.get(host, 0.0)
        damaged = found.attempt(lambda host=host: _damaged(host, log)) or []
        known[host], missing = found.attempt(lambda host=host, before=before: _missing(host, before)) or (before, [])
        runs = had.get(host, [])
        had[host], holes = found.attempt(lambda host=host, runs=runs: joined.look(host, runs, limit)) or (runs, [])
        found.sentences += [*damaged, *missing, *holes]
    _keep(faults, log)
    records.write_json(_seen(), {host: known[host] for host in faults}, log)
    # Before anything is removed: what this look removes the next one does not miss.
    records.write_json(_files(), {host: [asdict(run) for run in had[host]] for host in faults}, log)
    for host, found in faults.items():
        found.attempt(lambda host=host: _remove_old(host, limit))
        found.attempt(lambda host=host: sessions.remove_old(host, limit))
    wrong = _keep(faults, log)
    if wrong:
        raise Failed(f"AUDIT_LOG_FAILURE: {'; '.join(wrong.values())}")
    return cli.DONE


def _keep(faults: Mapping[str, Faults], log: RootLog) -> dict[str, str]:
    """Keeps what is wrong, by host."""
    wrong = {
        host: f"{host}: {'; '.join(sorted(set(found.sentences)))}" for host, found in faults.items() if found.sentences
    }
    records.write_json(_state(), wrong, log)
    return wrong


def _state() -> str:
    """Where what is wrong is kept, by host."""
    return f"{paths.BASE}/journal/check.json"


def _seen() -> str:
    """Where the time of each host's newest heartbeat of the last look is kept: what arrives late follows it."""
    return f"{paths.BASE}/journal/seen.json"


def _files() -> str:
    """Where is kept which records of each host were here at the last look."""
    return f"{paths.BASE}/journal/files.json"


def _beats(host: str, seen: float) -> list[stored.Record]:
    since = int(min(seen, time.time() - LOOKED_AT_SECONDS))
    return stored.records(stored.files_of(host)[: stored.NEWEST], f"--since=@{since}", *MATCHES)


def _missing(host: str, before: float) -> tuple[float, list[str]]:
    """When the newest heartbeat was written, and what is missing before it."""
    beats = _beats(host, before)
    return beats[-1].seconds if beats else before, gaps(beats)


def whole(settings: RemoteSettings) -> int:
    """Prints that nothing was missing or damaged at the last look. Raises Failed."""
    found = records.read(_state(), dict_of(as_str), {})
    wrong = [words for host, words in found.items() if host in settings.hosts]
    if wrong:
        raise Failed("; ".join(wrong))
    print("all whole", flush=True)
    return cli.DONE


def _damaged(host: str, log: RootLog) -> list[str]:
    """Files that are not whole, of those that were written to since the last look. Raises OSError."""
    found: list[str] = []
    for path in stored.files_of(host):
        if time.time() - stored.written(path) > RECENT_SECONDS:
            continue
        # One that the power went off in is set aside by the receiver itself: what is in it stays readable.
        if path.endswith("~"):
            continue
        for look in range(LOOKS):
            if _is_whole(path, log):
                break
            if look < LOOKS - 1:
                time.sleep(AGAIN_SECONDS)
        else:
            found.append(f"{path} is damaged")
    return found


def _is_whole(path: str, log: RootLog) -> bool:
    """Whether journalctl(1) finds a file whole, or there is none. Raises OSError."""
    with stored.opened([path]) as descriptors:
        argv = ["journalctl", "--quiet", "--verify", *(f"--file=/proc/self/fd/{each}" for each in descriptors)]
        return not descriptors or process.logged(argv, log, timeout=VERIFY_SECONDS, pass_fds=descriptors).code == 0


def _remove_old(host: str, limit: float) -> None:
    """A file goes by when it was last written to, so that no record in it goes early."""
    for path in stored.full_files_of(host):
        if stored.written(path) < limit:
            files.remove_beneath(stored.TOP, path)
