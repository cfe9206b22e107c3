"""What root starts at the vault: its timers' jobs, `sealed` for a restore, and `fresh`: whether a job failed last."""

import json
from collections.abc import Sequence

from phiward_host.common import cli, lock, memory
from phiward_host.common.errors import Failed, Refused
from phiward_host.vault import maintenance, settings
from phiward_host.vault.settings import VaultSettings
from phiward_host.vault.store import LOG, Store

# How long a job waits for another one that is running.
JOB_SECONDS = 7200
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
    if verb == "sealed" and len(rest) == 1 and rest[0] in config.hosts:
        print(json.dumps(Store.of(rest[0]).sealed()), flush=True)
        return cli.DONE
    raise Refused(_usage(verb, config))


def _usage(verb: str, config: VaultSettings) -> str:
    hosts = ", ".join(config.hosts)
    return f"found {verb!r}, allowed: gate, {', '.join(JOBS)}, sealed HOST with HOST one of {hosts}, fresh"
