"""`phiward.pyz metrics VERB`: `send` and `arrives` on each host that is watched; `receive` at the vault."""

from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    """`receive` is no program of root's and has exit codes of its own, 0 and 1; all others' are those of cli.main."""
    if list(words) == ["receive"]:
        from phiward_host.metrics import receive

        return receive.main()
    # Only here: what receives from a host has no more of our code loaded than it needs.
    from phiward_host.metrics import verbs

    return verbs.main(words)
