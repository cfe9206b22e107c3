"""`phiward.pyz PROGRAM WORDS…`: one file on the host holds every program; each imports only what it needs."""

import importlib
import sys
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import cast

# Each module has `main(words: Sequence[str]) -> int`, which returns the exit code.
PROGRAMS = MappingProxyType(
    {
        "accounts": "phiward_host.databases.accounts",
        "alerts": "phiward_host.alerts.main",
        "audit": "phiward_host.audit.main",
        "backup": "phiward_host.backup.main",
        "bans": "phiward_host.bans",
        "basic-auth": "phiward_host.basic_auth",
        "break-glass": "phiward_host.people.break_glass",
        "certificates": "phiward_host.certificates.main",
        "collector": "phiward_host.collector.main",
        "container-mounts": "phiward_host.containers.mounts",
        "container-users": "phiward_host.containers.users",
        "deploy": "phiward_host.deploy.main",
        "detectors": "phiward_host.detectors.main",
        "duties": "phiward_host.duties.main",
        "encryption": "phiward_host.databases.encryption",
        "firewall": "phiward_host.firewall",
        "handover": "phiward_host.containers.handover",
        "images": "phiward_host.containers.images",
        "incidents": "phiward_host.incidents.main",
        "initialize": "phiward_host.containers.initialize",
        "integrity": "phiward_host.integrity.main",
        "isolation": "phiward_host.isolation.main",
        "jobs": "phiward_host.containers.jobs",
        "journal": "phiward_host.journal.main",
        "metrics": "phiward_host.metrics.main",
        "monitor": "phiward_host.monitor.main",
        "nginx": "phiward_host.nginx",
        "people": "phiward_host.people.main",
        "psql": "phiward_host.databases.person_session",
        "phi": "phiward_host.phi.main",
        "questions": "phiward_host.questions",
        "records": "phiward_host.records.main",
        "redis": "phiward_host.databases.redis_session",
        "retention": "phiward_host.retention.main",
        "scans": "phiward_host.scans.main",
        "sealing": "phiward_host.sealing.main",
        "secrets": "phiward_host.held_secrets",
        "service-data": "phiward_host.containers.service_data",
        "sessions": "phiward_host.sessions.main",
        "smoke-test": "phiward_host.containers.smoke_test",
        "state": "phiward_host.state",
        "storage": "phiward_host.storage.main",
        "subjects": "phiward_host.subjects.main",
        "vault": "phiward_host.vault.main",
        "watch": "phiward_host.containers.watch",
    }
)


def main(words: Sequence[str]) -> int:
    """Runs the program that the first word names, with the words after it."""
    if not words or words[0] not in PROGRAMS:
        print(f"phiward: usage: phiward.pyz PROGRAM WORDS…; PROGRAM is one of {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    return entry(words[0])(words[1:])


def entry(program: str) -> Callable[[Sequence[str]], int]:
    """The function that runs a program of the table."""
    module = importlib.import_module(PROGRAMS[program])
    # Every module of the table has it; a test asserts that.
    return cast("Callable[[Sequence[str]], int]", vars(module)["main"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
