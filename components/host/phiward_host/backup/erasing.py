"""Restores bring no erased person back: who was erased since the backup is erased again before anything is in place."""

import time
from collections.abc import Sequence

from phiward_host.backup import emergency
from phiward_host.backup.manifest import Manifest
from phiward_host.backup.mounts import is_within
from phiward_host.backup.request import RestoreRequest
from phiward_host.backup.tools import LOG
from phiward_host.common import files
from phiward_host.common.errors import Failed
from phiward_host.containers.service_data import VOLUMES
from phiward_host.subjects import register, settings
from phiward_host.subjects.again import erase_again, erase_files_again


def in_database(service: str, database: str, request: RestoreRequest) -> list[str]:
    """The database's name where erased persons may be back in it, by the word of who asks; on record before it is.

    Raises Failed where they would be, and nobody said so.
    """
    try:
        erase_again(service, f"{database}_restored", database)
    except Failed as failure:
        return _without(database, failure, request)
    return []


def in_files(staging: str, paths: Sequence[str], manifest: Manifest, request: RestoreRequest) -> list[str]:
    """The same of the declared volumes, as SERVICE/VOLUME, in files that lie below `staging`.

    Of a volume that comes back whole without them it is forgotten that they might be back.
    """
    returned: list[str] = []
    for volume, places in settings.declared().by_volume().items():
        name = places[0].name
        # Where it was, and where it is: whichever the files come to.
        candidates = sorted({manifest.volumes.get(name, ""), f"{VOLUMES}/{name}/_data"} - {""})
        directories = [each for each in candidates if files.exists_beneath(staging, each)]
        try:
            for directory in directories:
                erase_files_again(staging, directory, places)
        except Failed as failure:
            returned += _without(volume, failure, request)
        else:
            if request.into is None and any(is_within(each, path) for each in directories for path in paths):
                register.note_returned(volume, None)
    return returned


def _without(place: str, failure: Failed, request: RestoreRequest) -> list[str]:
    if request.into is not None:
        raise Failed(
            f"erased persons cannot be erased again: {failure}; nothing was copied. Take a newer backup with --snapshot"
        ) from failure
    if request.without_erasures is None:
        raise Failed(
            f"erased persons cannot be erased again: {failure}; nothing was replaced. Take a newer backup with "
            "--snapshot; or, where there is none, --without-erasures REASON, which everybody hears of, and then "
            "npx phiward subject again"
        ) from failure
    LOG.write(f"{register.named(place)}: erased persons were not erased again: {failure}")
    register.note_returned(place, time.time())
    emergency.alert(emergency.WITHOUT, emergency.WITHOUT_SAID.format(register.named(place)))
    return [place]
