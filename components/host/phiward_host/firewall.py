"""`phiward.pyz firewall unhooked`: what of UFW's chains the kernel's own do not lead to; `firewall hook` leads there.

UFW hooks its chains when it makes them, and not when they are there already: whoever empties INPUT, OUTPUT or FORWARD
unhooks all of its rules, and a restart of UFW fills chains that no packet passes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.common import cli, process
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog

LOG = RootLog("ufw")
USAGE = "firewall unhooked | firewall hook"
BUILT_IN = ("INPUT", "OUTPUT", "FORWARD")
# In the order in which UFW has them.
PARTS = ("before-logging", "before", "after", "after-logging", "reject", "track")


@dataclass(frozen=True)
class Family:
    """One of the two firewalls: its program, and how UFW names its chains."""

    program: str
    prefix: str

    def jumps(self, chain: str) -> list[str]:
        """The rules by which a built-in chain leads to UFW's, as iptables prints them."""
        return [f"-A {chain} -j {self.prefix}-{part}-{chain.lower()}" for part in PARTS]


FAMILIES = (Family("iptables", "ufw"), Family("ip6tables", "ufw6"))


def main(words: Sequence[str]) -> int:
    """`unhooked` prints each rule that is missing, and ends with 0 whether there are any or not."""
    return cli.main("the program of the firewall", LOG, lambda: _run(words))


def _rules(family: Family) -> list[str]:
    return process.must("", [family.program, "-S"], LOG).splitlines()


def _missing(family: Family, rules: Sequence[str]) -> list[str]:
    return [jump for chain in BUILT_IN for jump in family.jumps(chain) if jump not in rules]


def restoration(family: Family, rules: Sequence[str]) -> str:
    """What iptables-restore(8) reads, which does it in one step: of a chain that lacks any, all of them anew.

    Ahead of what else is in the chain, but in FORWARD, which begins with the rules for containers.
    """
    lines: list[str] = []
    for chain in BUILT_IN:
        jumps = family.jumps(chain)
        if all(jump in rules for jump in jumps):
            continue
        lines += [f"-D{jump[2:]}" for jump in jumps if jump in rules]
        if chain == "FORWARD":
            lines += jumps
        else:
            lines += [f"-I {chain} {number} {jump.split(' ', 2)[2]}" for number, jump in enumerate(jumps, 1)]
    return "".join(f"{line}\n" for line in ["*filter", *lines, "COMMIT"])


def _hook() -> None:
    for family in FAMILIES:
        rules = _rules(family)
        if _missing(family, rules):
            process.must("", [f"{family.program}-restore", "--noflush"], LOG, stdin=restoration(family, rules))


def _run(words: Sequence[str]) -> int:
    if list(words) == ["unhooked"]:
        for family in FAMILIES:
            for rule in _missing(family, _rules(family)):
                print(family.program, rule)
    elif list(words) == ["hook"]:
        _hook()
    else:
        raise Refused(f"found {' '.join(words) or 'nothing'!r}, allowed: {USAGE}")
    return cli.DONE
