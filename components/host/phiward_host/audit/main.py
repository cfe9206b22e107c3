"""`phiward.pyz audit settle|state|health`: the kernel records what is declared.

`settle` loads the rules; where the kernel has them locked already (`-e 2`) it changes nothing, and asks for a restart
in the way of Debian's packages, so that the host makes it in its own window. `state` says in one line what is in
effect. `health` says what was lost, and whether a daemon takes the records. A kernel without audit fails each of them,
with what switched it off where that can be seen.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.audit import rules
from phiward_host.common import cli, files, process
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog

LOG = RootLog("audit")
USAGE = "audit settle RULES MODE:DIRECTORY… | audit state RULES | audit health"
ACTIVE = "active"
PENDING = "declared, active after the next restart"
RESTART = "/run/reboot-required"
RESTART_REASONS = "/run/reboot-required.pkgs"
REASON = "phiward-audit-rules"
COMMAND_LINE = "/proc/cmdline"
_LOCKED = "2"
_OFF = ("audit=0", "audit=off")


def main(words: Sequence[str]) -> int:
    """Exit code 0: done, or answered. 1: it failed."""
    return cli.main("the program for audit rules", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    return action(rest)


def _file(words: Sequence[str]) -> str:
    if len(words) != 1:
        raise Refused(f"found {len(words)} words, allowed: {USAGE}")
    return words[0]


def _settle(words: Sequence[str]) -> int:
    declared = _file(words[:1])
    for word in words[1:]:
        mode, _, path = word.partition(":")
        # The kernel takes no rule about a directory that is not there; whoever needs it sets its mode later.
        if not files.exists(path):
            files.make_directory(path, int(mode, 8))
    if _status().get("enabled") == _LOCKED:
        if _state(declared) != ACTIVE:
            _ask_for_restart()
        return cli.DONE
    process.must("audit rules", ["augenrules", "--load"], LOG)
    return cli.DONE


def _ask_for_restart() -> None:
    """What unattended-upgrades(8) looks for, as update-notifier-common's packages leave it."""
    noted = files.read_text_if_any(RESTART_REASONS) or ""
    if REASON not in noted.splitlines():
        files.write(RESTART_REASONS, f"{noted}{REASON}\n", mode=0o644)
    files.write(RESTART, "*** System restart required ***\n", mode=0o644)


def _print_state(words: Sequence[str]) -> int:
    print(_state(_file(words)))
    return cli.DONE


def _state(file: str) -> str:
    declared = files.read_text(file)
    loaded = process.must("audit rules", ["auditctl", "-l"], LOG)
    status = _status()
    enabled = status.get("enabled")
    gone, more = rules.missing(declared, loaded), rules.unknown(declared, loaded)
    if enabled == _LOCKED:
        same = not gone and not more and status.get("failure") == rules.failure(declared)
        return ACTIVE if same else PENDING
    if gone or more:
        return f"not loaded: {rules.keys(gone) if gone else 'nothing'}; not declared: {len(more)}"
    return f"loaded, and not locked (enabled {enabled})"


def _health(_: Sequence[str]) -> int:
    status = _status()
    daemon = "a daemon takes them" if status.get("pid", "0") != "0" else "no daemon takes them"
    print(f"{daemon}; lost {status.get('lost', 'unknown')}")
    return cli.DONE


def _status() -> Mapping[str, str]:
    """What `auditctl -s` says, by name."""
    done = process.logged(["auditctl", "-s"], LOG)
    if done.code != 0:
        raise Failed(f"the kernel does not answer about its audit: {_obstacle(done)}")
    pairs = [line.split() for line in done.stdout.splitlines()]
    status = {words[0]: words[1] for words in pairs if len(words) >= 2}
    if "enabled" not in status:
        raise Failed("the kernel's audit did not say whether it is enabled")
    return status


def _obstacle(done: process.Completed) -> str:
    # The last of them counts, as for the kernel.
    words = [word for word in files.read_text(COMMAND_LINE).split() if word.startswith("audit=")]
    if words and words[-1] in _OFF:
        return f"its command line has {words[-1]}; take that out of the boot loader's settings, and restart the host"
    return process.ended("auditctl", done.code, done.stderr)


ACTIONS: Mapping[str, Callable[[Sequence[str]], int]] = MappingProxyType(
    {"settle": _settle, "state": _print_state, "health": _health}
)
