"""`phiward.pyz vault VERB`: the hosts' forced command, the vault's timers, and `sealed` for a restore."""

from collections.abc import Sequence

from phiward_host.vault import gate


def main(words: Sequence[str]) -> int:
    """The gate's exit codes are 0 and 1; all others' are those of cli.main."""
    if list(words) == ["gate"]:
        return gate.main()
    # Only here: whoever comes to the gate has no more of our code loaded than it needs.
    from phiward_host.vault import verbs

    return verbs.main(words)
