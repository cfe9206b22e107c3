"""Snapshots, settings and manifests as tests want them."""

import datetime
import json

from phiward_host.backup.manifest import DatabaseManifest, Table
from phiward_host.backup.retention import Snapshot
from phiward_host.backup.settings import Settings

NOW = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)

OFFSITE = {"address": "203.0.113.9", "port": 22, "user": "vault-web", "knownHosts": "/etc/phiward/vault-host-key"}
# As components/backup/plan.ts writes it.
SETTINGS: dict[str, object] = {
    "host": "web",
    "repository": "/var/backups/phiward/restic",
    "passwordFile": "/var/lib/phiward/secrets/backup.1",
    "sealedFile": "/var/lib/phiward/escrow/backup.1.age",
    "escrow": "/var/lib/phiward/escrow",
    "databases": [{"service": "db", "image": "sha256:0", "names": ["api"]}],
    "paths": ["/srv/files"],
    "volumes": [],
    "secrets": [],
    "keep": {"last": 2, "days": 30},
    "limits": {"backup": 3600, "check": 3600, "restore-test": 3600},
    "offsite": OFFSITE,
    "formerHostKeys": [],
}


def settings(**changes: object) -> Settings:
    """The settings of a host, decoded from their file's form."""
    return Settings.from_json(json.loads(json.dumps({**SETTINGS, **changes})), "backup.json")


def snapshot(identity: str, days_ago: float, run: str, part: str) -> Snapshot:
    """A snapshot as restic lists it."""
    when = (NOW - datetime.timedelta(days=days_ago)).isoformat()
    time = when.replace("+00:00", "123456789Z") if "." in when else when
    return Snapshot.from_json({"id": identity, "time": time, "tags": [f"run={run}", f"part={part}"]}, "snapshot")


def run(name: str, days_ago: float) -> list[Snapshot]:
    """The snapshots of a complete run."""
    return [snapshot(f"{name}-db", days_ago, name, "db/api"), snapshot(f"{name}-files", days_ago, name, "files")]


def manifest(large_objects: int = 0, **tables: tuple[int, str]) -> DatabaseManifest:
    """A database with tables of so many rows and such a checksum."""
    found = {name: Table(rows, checksum) for name, (rows, checksum) in tables.items()}
    return DatabaseManifest(found, large_objects, 1000, "17.6", "UTF8", "C.UTF-8", "C.UTF-8")
