"""Whether there is room at the vault for more of a host's records. What there is none for waits on the host."""

from phiward_host.common import files
from phiward_host.journal import stored
from phiward_host.journal.settings import RemoteSettings

# Below that no journal is begun: of a record that is cut off by a full disk nobody would know.
LEAST_FREE = 1 << 30
# A file may hold one record alone, and take megabytes: of the largest size in the settings, 8,000 are a terabyte.
MOST_FILES = 20_000
# While there is time to do something: a container that prints without end may fill the rest within hours.
WARNED_SHARE = 0.8


def no_room(settings: RemoteSettings, host: str) -> str | None:
    """Why nothing more of it is taken, and what to do; None where there is room."""
    if files.free_bytes(stored.TOP) < LEAST_FREE:
        return "the vault's disk is full; make room, and the host sends what is missing"
    paths = stored.listed(host)
    if stored.bytes_of(paths) >= settings.most_bytes:
        return "the vault has all that it may of this host; raise records.gigabytesPerHost"
    if len(paths) >= MOST_FILES:
        return f"the vault has {MOST_FILES} files of this host; look at what it sends"
    return None


def little_room(settings: RemoteSettings, host: str) -> str | None:
    """That there is not much room left for more of it, and what to do; None where there is enough."""
    share = stored.bytes_of(stored.listed(host)) / settings.most_bytes
    if share < WARNED_SHARE:
        return None
    return (
        f"it has taken {share:.0%} of what the vault may have of it; see what it sends, and raise "
        "records.gigabytesPerHost before that is full"
    )
