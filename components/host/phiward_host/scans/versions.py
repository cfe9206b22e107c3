"""Which of two versions comes first, by dpkg's own comparison (deb-version(7))."""

from phiward_host.common import process
from phiward_host.common.errors import Failed


class Versions:
    """Remembers what it asked: many vulnerabilities of one source are of the same versions."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bool] = {}

    def earlier(self, one: str, other: str) -> bool:
        """Whether `one` comes before `other`; both are of the form of a version. Raises Failed."""
        if (one, other) not in self._known:
            done = process.run(["dpkg", "--compare-versions", one, "lt", other])
            # 1: it does not.
            if done.code not in (0, 1):
                raise Failed(process.ended("dpkg", done.code))
            self._known[one, other] = done.code == 0
        return self._known[one, other]
