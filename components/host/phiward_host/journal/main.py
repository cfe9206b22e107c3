"""`phiward.pyz journal VERB`: `send` and `arrives` on a host; all others on its vault."""

from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    """`receive` is no program of root's and has exit codes of its own, 0 and 1; all others' are those of cli.main."""
    if list(words) == ["receive"]:
        from phiward_host.journal import receive

        return receive.main()
    # Only here: what receives from a host has no more of our code loaded than it needs.
    from phiward_host.journal import verbs

    return verbs.main(words)
