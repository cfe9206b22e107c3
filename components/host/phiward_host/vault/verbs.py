"""What root starts at the vault: its timers' jobs, what a restore asks for, and `fresh`: whether a job failed last.

`sealed HOST` and `arrivals HOST` are asked before a host is recovered, and `erased HOST` after it; `cut HOST` ends the
connections of the one that it was, which its former key opened: a key that is taken out ends none.
"""

import contextlib
import json
import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, lock, memory
from phiward_host.common.errors import Failed, Refused
from phiward_host.journal import stored
from phiward_host.vault import arrivals, maintenance, settings
from phiward_host.vault.settings import VaultSettings
from phiward_host.vault.store import LOG, Store

# How long a job waits for another one that is running.
JOB_SECONDS = 7200
# As subjects/main.py puts an erasure on record: the entry of the register says nothing of the person without its key.
ERASURES = ("PHIWARD_ACT=operation", "PHIWARD_WHAT=erased a person's data")
ERASURE = re.compile(r"a person was erased \(([0-9a-f]{64})\)")
MOST_ERASURES = 1000
JOBS = {maintenance.PRUNE: maintenance.prune, "check": maintenance.check}


def main(words: Sequence[str]) -> int:
    """Exit codes as of cli.main."""
    cli.end_on_sigterm()
    memory.bound()
    return cli.main("the vault's program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    config = settings.load()
    verb, *rest = words or [""]
    if verb in JOBS:
        with lock.hold("backup.lock", verb, JOB_SECONDS, kind="job"):
            maintenance.for_each(config, verb, JOBS[verb])
        return cli.DONE
    if verb == "fresh" and not rest:
        failed = maintenance.FAILURES.sentences(config.hosts)
        if failed:
            raise Failed("; ".join(failed))
        print("fresh", flush=True)
        return cli.DONE
    if verb in OF_HOST and len(rest) == 1 and rest[0] in config.hosts:
        print(json.dumps(OF_HOST[verb](Store.of(rest[0]))), flush=True)
        return cli.DONE
    if verb == "erased" and len(rest) == 1 and rest[0] in config.hosts:
        print(json.dumps(_erased(rest[0])), flush=True)
        return cli.DONE
    raise Refused(_usage(verb, config))


def _erased(host: str) -> dict[str, float]:
    """The newest erasures that a host put on record: the entries of its register, and when, by that host's clock."""
    records = stored.records(stored.files_of(host), f"--lines={MOST_ERASURES}", *ERASURES)
    told = ((ERASURE.search(str(record.fields.values.get("MESSAGE", ""))), record.seconds) for record in records)
    return {match[1]: at for match, at in told if match is not None}


def _end_all() -> bool:
    """Ends whatever this account may end but this process: all of its own, each connection among it.

    Raises Failed for root, which may end everything.
    """
    if 0 in os.getresuid():
        raise Failed("found root, allowed: an account that one host alone has")
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    return True


OF_HOST: Mapping[str, Callable[[Store], object]] = MappingProxyType(
    {
        "sealed": Store.sealed,
        "arrivals": lambda store: store.look(lambda: arrivals.arrivals(store.repository)),
        "cut": lambda store: store.look(_end_all),
    }
)


def _usage(verb: str, config: VaultSettings) -> str:
    hosts = ", ".join(config.hosts)
    of_host = f"sealed|arrivals|cut|erased HOST with HOST one of {hosts}"
    return f"found {verb!r}, allowed: gate, {', '.join(JOBS)}, {of_host}, fresh"
