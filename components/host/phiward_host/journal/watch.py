"""The vault notices a host whose records do not arrive, or have no room, and tells it from a slow network."""

import time
from collections.abc import Mapping

from phiward_host.common import cli, paths, records
from phiward_host.common.decode import as_float, dict_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.journal import stored
from phiward_host.journal.beat import MATCHES
from phiward_host.journal.room import little_room, no_room
from phiward_host.journal.settings import RemoteSettings

AGAIN_SECONDS = 86_400


def watch(settings: RemoteSettings, log: RootLog) -> int:
    """Raises Failed, which is an alert, with each host that is newly silent, and once a day with each that still is."""
    now = time.time()
    known = records.read_or_begin(_state(), dict_of(as_float), {}, log)
    for host in settings.hosts:
        known.setdefault(f"since {host}", now)
    # What is nearly full is apart: it hides no silence that begins meanwhile.
    found = {
        f"{kind} {host}": words
        for host in settings.hosts
        for kind, look in (("raised", _wrong), ("nearly-full", _nearly_full))
        if (words := look(settings, host, known, now)) is not None
    }
    due = [name for name in found if now - known.get(name, 0.0) > AGAIN_SECONDS]
    # A host that speaks again has an alert at its next silence at once.
    kept = {
        name: at
        for name, at in known.items()
        if name.partition(" ")[2] in settings.hosts and (name.startswith("since ") or name in found)
    }
    records.write_json(_state(), {**kept, **dict.fromkeys(due, now)}, log)
    if due:
        raise Failed(f"AUDIT_LOG_FAILURE: {'; '.join(found[name] for name in due)}")
    return cli.DONE


def _state() -> str:
    """Since when a host is waited for that has sent nothing yet, and when an alert about one was last raised."""
    return f"{paths.BASE}/journal/watch.json"


def arrived(settings: RemoteSettings) -> int:
    """Prints that records of all hosts arrive. Raises Failed with those that are silent."""
    known = records.read(_state(), dict_of(as_float), {})
    now = time.time()
    found = [words for host in settings.hosts if (words := _wrong(settings, host, known, now)) is not None]
    if found:
        raise Failed("; ".join(found))
    print("all arrive", flush=True)
    return cli.DONE


def _wrong(settings: RemoteSettings, host: str, known: Mapping[str, float], now: float) -> str | None:
    """What is wrong with a host, or with what there is room for of it here; None where nothing is."""
    try:
        reason = no_room(settings, host)
        return _silent(settings, host, known, now) if reason is None else f"{host}: {reason}"
    except (Failed, Refused, OSError) as fault:
        # A host writes what is read here: the others are looked at all the same.
        return f"{host}: its records cannot be read: {fault}"


def _nearly_full(settings: RemoteSettings, host: str, _: Mapping[str, float], __: float) -> str | None:
    """That there is little room left for more of it: nothing is wrong with it yet."""
    try:
        reason = little_room(settings, host)
    except OSError:
        # That it cannot be read is said of it already.
        return None
    return None if reason is None else f"{host}: {reason}"


def _silent(settings: RemoteSettings, host: str, known: Mapping[str, float], now: float) -> str | None:
    """What is wrong with a host, or None."""
    beats = stored.newest(host, *MATCHES)
    if not beats:
        waited = now - known.get(f"since {host}", now)
        return f"{host}: no record of it has ever arrived" if waited > settings.silent else None
    arrived = max((stored.written(path) for path in stored.files_of(host)[:1]), default=0.0)
    # What it wrote before is still coming in.
    if now - arrived <= settings.silent:
        return None
    # By a clock that is ahead a host would never be silent; nothing of it is newer than when it arrived.
    age = now - min(beats[-1].seconds, arrived)
    return f"{host}: no record has arrived for {age / 60:.0f} minutes"
