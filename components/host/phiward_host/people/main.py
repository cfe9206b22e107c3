"""`phiward.pyz people ended SETTINGS`: whether nothing is left of who may no longer; `people end SETTINGS` ends it.

An account that is closed (it was taken out of the configuration, or its last day is over) keeps no process, session,
lingering user manager or sudo credential. One that lost a right, such as sudo or a key, has its sessions and processes
ended once, since they may have been opened by that right. Run again after it was cut off, it does the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, files, paths, records
from phiward_host.common.decode import as_strs, dict_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.people import accounts, processes
from phiward_host.people.accounts import Account

LOG = RootLog("people")
USAGE = "people ended SETTINGS | people end SETTINGS"
LINGER = "/var/lib/systemd/linger"
SUDO_CREDENTIALS = "/run/sudo/ts"

# What each person may do, each right as a word: `sudo`, or a key.
Rights = Mapping[str, Sequence[str]]


def main(words: Sequence[str]) -> int:
    """`ended` prints what is left, one a line, and ends with 0 whether there is any or not."""
    return cli.main("the people program", LOG, lambda: _run(words))


def left(account: Account) -> list[str]:
    """What is left of an account that must have nothing, as a phrase each."""
    found = processes.processes(account)
    return [
        *([f"{account.name}: {len(found)} processes"] if found else []),
        *(f"{account.name}: {path}" for path in _credentials(account) if files.exists(path)),
    ]


def lost(before: Rights, now: Rights) -> list[str]:
    """Who may do less now than before."""
    return [name for name, rights in before.items() if set(rights) - set(now.get(name, ()))]


def _record() -> str:
    return f"{paths.BASE}/people.json"


def _rights(path: str) -> Rights:
    return dict_of(as_strs)(files.read_json(path) or {}, path)


def _before() -> Rights:
    """What people might do before. Where the record is damaged, nobody knows; the next one is made of what they may."""
    return records.read_or_begin(_record(), dict_of(as_strs), {}, LOG)


def _credentials(account: Account) -> list[str]:
    # sudo names its file by the name or, from 1.9.16 on, by the user id.
    return [
        f"{LINGER}/{account.name}",
        f"{SUDO_CREDENTIALS}/{account.name}",
        f"{SUDO_CREDENTIALS}/{account.uid}",
    ]


def _closed() -> list[Account]:
    day = accounts.today()
    return [account for account in accounts.accounts() if account.is_closed(day)]


def _ended(settings: str) -> int:
    now, before = _rights(settings), _before()
    lines = [line for account in _closed() for line in left(account)]
    lines += [f"{name}: sessions from before a right was withdrawn" for name in lost(before, now)]
    if not lines and before != now:
        lines = ["the record of what people may do is older than the configuration"]
    for line in lines:
        print(line)
    return cli.DONE


def _end(settings: str) -> int:
    now = _rights(settings)
    withdrawn = lost(_before(), now)
    every = accounts.accounts()
    closed = _closed()
    faults: list[str] = []
    for account in [*closed, *(one for one in every if one.name in withdrawn and one not in closed)]:
        try:
            processes.end(account)
            processes.end_deploys(account.name)
            for path in _credentials(account):
                files.remove(path)
        except (Failed, OSError) as fault:
            faults.append(str(fault))  # the others are ended all the same
    if faults:
        raise Failed("; ".join(faults))
    # Last: cut off before, the next run ends what is left.
    records.write_json(_record(), now, LOG)
    return cli.DONE


ACTIONS: Mapping[str, Callable[[str], int]] = MappingProxyType({"ended": _ended, "end": _end})


def _run(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if len(rest) != 1:
        raise Refused(f"found {len(rest)} words after {words[0]!r}, allowed: {USAGE}")
    return action(rest[0])
