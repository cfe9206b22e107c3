"""The vault notices a host whose records do not arrive, or have no room, and tells it from a slow network."""

import time

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
    silent = {
        host: words
        for host in settings.hosts
        if (words := _wrong(settings, host, known, now) or _nearly_full(settings, host)) is not None
    }
    due = [host for host in silent if now - known.get(f"raised {host}", 0.0) > AGAIN_SECONDS]
    kept = {name: at for name, at in known.items() if name.partition(" ")[2] in settings.hosts}
    raised = {f"raised {host}": now for host in due}
    # A host that speaks again has an alert at its next silence at once.
    state = {
        name: at for name, at in kept.items() if not name.startswith("raised ") or name.partition(" ")[2] in silent
    }
    records.write_json(_state(), {**state, **raised}, log)
    if due:
        raise Failed(f"AUDIT_LOG_FAILURE: {'; '.join(silent[host] for host in due)}")
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


def _wrong(settings: RemoteSettings, host: str, known: dict[str, float], now: float) -> str | None:
    """What is wrong with a host, or with what there is room for of it here; None where nothing is."""
    try:
        reason = no_room(settings, host)
        return _silent(settings, host, known, now) if reason is None else f"{host}: {reason}"
    except (Failed, Refused, OSError) as fault:
        # A host writes what is read here: the others are looked at all the same.
        return f"{host}: its records cannot be read: {fault}"


def _nearly_full(settings: RemoteSettings, host: str) -> str | None:
    """Nothing is wrong with it yet."""
    reason = little_room(settings, host)
    return None if reason is None else f"{host}: {reason}"


def _silent(settings: RemoteSettings, host: str, known: dict[str, float], now: float) -> str | None:
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
