"""The databases and the web server of a host, asked each minute, apart from what is sent: none holds the sender up.

One that does not answer has a number that says so. Where its client did not end in time, the next question waits
longer: each may leave a process in the container, which has a limit of them.
"""

import threading
import time
from collections.abc import Callable, Sequence

from phiward_host.common.errors import Failed, Refused
from phiward_host.metrics import figures
from phiward_host.metrics.figures import Sample
from phiward_host.metrics.form import family
from phiward_host.metrics.settings import Database, Served

EVERY_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 960.0
# What was said longer ago is said no more.
OLDEST_SECONDS = 300.0


class _Asked:
    """One of them, with what it said last and when."""

    def __init__(self, up: Callable[[float], Sample], ask: Callable[[], list[Sample]]) -> None:
        self._up = up
        self._ask = ask
        self._said: tuple[float, Sequence[Sample]] | None = None
        self._pause, self._due = EVERY_SECONDS, 0.0

    def look(self) -> None:
        if time.monotonic() < self._due:
            return
        try:
            said = self._ask()
            self._said, self._pause = (time.monotonic(), said), EVERY_SECONDS
        except TimeoutError:
            self._said, self._pause = None, min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        except (Failed, Refused, OSError, ValueError, OverflowError, RecursionError):
            # A container says what it likes, such as a number of a thousand digits: no other is asked less for it.
            self._said, self._pause = None, EVERY_SECONDS
        # Half a second is what one question takes longer than another.
        self._due = time.monotonic() + self._pause - EVERY_SECONDS / 2

    def samples(self) -> list[Sample]:
        said = self._said
        is_up = said is not None and time.monotonic() - said[0] < OLDEST_SECONDS
        return [self._up(float(is_up)), *(said[1] if said is not None and is_up else ())]


class Asking:
    """Those of one host. `text` is what they said last; nothing of them before they were asked once."""

    def __init__(self, served: Served) -> None:
        self._asked = [
            *(_Asked(_database_up(database), _questions(database)) for database in served.databases),
            *(_Asked(_nginx_up, _nginx(port)) for port in [served.nginx] if port is not None),
        ]
        self._looked = False

    def begin(self) -> None:
        """Asks from now on, for as long as the program runs."""
        if self._asked:
            threading.Thread(target=self._run, daemon=True).start()

    def look(self) -> None:
        """Asks each that is due, one after the other."""
        for one in self._asked:
            one.look()
        self._looked = True

    def text(self) -> str:
        """All that was said, as metrics."""
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for one in self._asked if self._looked else ():
            for name, labels, value in one.samples():
                found.setdefault(name, []).append(({**labels}, value))
        return "".join(family(name, samples) for name, samples in sorted(found.items()))

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            self.look()
            time.sleep(max(1.0, EVERY_SECONDS - (time.monotonic() - began)))


def _questions(database: Database) -> Callable[[], list[Sample]]:
    name, container = database.name, database.container
    if database.redis is None:
        return lambda: figures.postgres(name, container, database.databases)
    redis = database.redis
    return lambda: figures.redis(name, container, redis.secret, redis.profile)


def _database_up(database: Database) -> Callable[[float], Sample]:
    return lambda is_up: ("phiward_database_up", {"database": database.name, "kind": database.kind}, is_up)


def _nginx(port: int) -> Callable[[], list[Sample]]:
    return lambda: figures.nginx(port)


def _nginx_up(is_up: float) -> Sample:
    return ("phiward_nginx_up", {}, is_up)
