"""Which paths a restore may touch: what this host's own settings declare, whatever a backup says."""

from collections.abc import Sequence

from phiward_host.backup.mounts import is_within, volume_paths
from phiward_host.backup.runs import Found
from phiward_host.backup.settings import Settings
from phiward_host.common.errors import Refused


def selected(settings: Settings, found: Found, wanted: Sequence[str] | None, into: str | None) -> Sequence[str]:
    """The paths to restore: `wanted`, or with None all that is declared here and was saved. Raises Refused.

    In their places only declared paths come back; into a directory beside, whatever is in the backup.
    """
    if wanted == ():
        return ()
    saved = found.manifest.saved or found.run.files.paths
    for path in wanted or ():
        if not any(is_within(path, source) for source in saved):
            raise Refused(f"{path}: not in this backup; nothing was replaced. In it are: {', '.join(saved)}")
    if wanted is not None and into is not None:
        return wanted
    there = [*settings.paths, *_volumes(settings, found, saved), *settings.secrets]
    if wanted is None:
        # Sealed secrets of a host that no longer exists are of use to people, not to this host.
        return [path for path in there if path in saved]
    for path in wanted:
        if not any(is_within(path, place) for place in there):
            raise Refused(
                f"{path}: this host declares no such path, volume or secret; nothing was replaced. "
                "Restore a copy with --into, or declare it in backup.paths"
            )
    return wanted


def _volumes(settings: Settings, found: Found, saved: Sequence[str]) -> list[str]:
    """Where Docker keeps the declared volumes that the backup has; each was in the same place when it was saved."""
    there: list[str] = []
    for name in settings.volumes:
        was = found.manifest.volumes.get(name)
        if was not in saved:
            continue
        now = volume_paths([name])[name]
        if was != now:
            raise Refused(f"volume {name}: backed up from {was}, and here at {now}; restore a copy with --into")
        there.append(now)
    return there
