"""What a service may do in its own Redis, by what that is for (`profile` in components/config/sections/redisKeys.ts).

Each profile allows what handles data, scripts, and INFO, by which libraries ask whether a server is ready. What Redis
counts as dangerous or for administrators is denied, but for the commands here, which see or throw away only what is the
service's own: no other service has an account in its Redis.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

SESSIONS = "sessions"
COMMANDS = "+@all -@admin -@dangerous +info"
# By their names in access control lists, each with a call of it that does nothing where it is only tried (ACL DRYRUN).
_KEYS = ("keys", ("keys", "x"))
_SORT = ("sort", ("sort", "x"))
_SORT_READ_ONLY = ("sort_ro", ("sort_ro", "x"))
_FLUSH = ("flushdb", ("flushdb",))
_CONFIG = ("config|get", ("config", "get", "maxmemory"))
_CLIENTS = ("client|list", ("client", "list"))
_EVERY = (_KEYS, _SORT, _SORT_READ_ONLY, _FLUSH, _CONFIG, _CLIENTS)
# What no profile allows: throwing everything away, and giving oneself rights.
_NEVER: Sequence[Sequence[str]] = (("flushall",), ("acl", "setuser", "x"))
PROFILES: Mapping[str, Sequence[tuple[str, Sequence[str]]]] = MappingProxyType(
    {
        SESSIONS: (),
        "cache": (_KEYS, _SORT, _SORT_READ_ONLY, _FLUSH, _CONFIG),
        "queue": (_KEYS, _SORT, _SORT_READ_ONLY, _CLIENTS),
    }
)


def rights(profile: str) -> str:
    """The commands of a profile, as an access control list has them."""
    return " ".join([COMMANDS, *(f"+{name}" for name, _ in PROFILES[profile])])


def host_rights(profile: str) -> str:
    """What the host's own user may do besides: a cache is emptied where what it was filled from is restored."""
    return " +flushall" if profile == "cache" else ""


def trials(profile: str) -> list[tuple[Sequence[str], bool]]:
    """Calls of all commands that any profile allows, and of some that none does, and whether this one does."""
    of_profiles: list[tuple[Sequence[str], bool]] = [(call, (name, call) in PROFILES[profile]) for name, call in _EVERY]
    return [*of_profiles, *((call, False) for call in _NEVER)]
