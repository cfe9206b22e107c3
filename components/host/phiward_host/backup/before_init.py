"""What of a service a backup holds that was made before its init step: where people go back to."""

from collections.abc import Mapping
from dataclasses import dataclass

from phiward_host.backup.manifest import Manifest, manifest_path
from phiward_host.common import records
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Damaged, Failed


@dataclass(frozen=True)
class Saved:
    """A run of the backups, and the databases and volumes of a service in it; `missing` are its other volumes."""

    run: str
    databases: tuple[str, ...]
    volumes: tuple[str, ...]
    missing: tuple[str, ...]

    def words(self) -> str:
        """For a message."""
        found = [*(f"database {name}" for name in self.databases), *(f"volume {name}" for name in self.volumes)]
        new = f"; not in it, since the backups do not know it yet: {', '.join(self.missing)}" if self.missing else ""
        return f"the backup {self.run} was made, with {', '.join(found) or 'no data of it'}{new}"

    def command(self) -> str:
        """What an operator brings it back by."""
        return f"npx phiward restore --snapshot {self.run}"

    def to_json(self) -> dict[str, object]:
        """For the record of the step."""
        return {"run": self.run, "databases": [*self.databases], "volumes": [*self.volumes]}


def saved(service: str, called: str, request: Mapping[str, object]) -> Saved:
    """What the last run holds of a service, whose database has its name. `request` is that of its init step.

    Raises Failed where that is not to be seen: of a migration nobody knew then what undoes it.
    """
    try:
        manifest = records.read(manifest_path(), Manifest.from_json, None)
    except Damaged as damaged:
        raise Failed(f"{called}: the backup before its init step cannot be seen: {damaged}") from damaged
    if manifest is None:
        raise Failed(f"{called}: the backup before its init step has no record in {manifest_path()}")
    databases = [part for part in manifest.databases if part.partition("/")[2] == service]
    mounts = Fields.of(request, "request").child("HostConfig").items("Mounts", Fields.of)
    volumes = [mount.text("Source") for mount in mounts if mount.text("Type") == "volume"]
    known = tuple(name for name in volumes if name in manifest.volumes)
    return Saved(manifest.run, tuple(databases), known, tuple(name for name in volumes if name not in known))
