"""Questions to the running host. A Docker that hangs is asked once, and not by each of a hundred checks."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from phiward_host.agent import together
from phiward_host.agent.together import Group, Question
from phiward_host.common import process

ANSWER_SECONDS = 30
AT_ONCE = 4
DOCKER_SECONDS = 15
# After a start of Docker it knows no container's health before the next health check, though containers went on.
STARTING = "health starting"
STARTING_SECONDS = 45
POLL_SECONDS = 0.5
DOCKER_PROBE = ("docker", "version", "--format", "{{.Server.Version}}")
# Of our own programs, those that ask Docker: `python3 -I ARCHIVE PROGRAM …`.
DOCKER_PROGRAMS = frozenset({"accounts", "container-users", "images", "redis", "smoke-test"})
# What takes longest to answer is asked first: begun last, it would be waited for alone.
SLOW = frozenset({"/usr/bin/python3", "docker", "restic", "systemd-run", "ufw"})


class Asker:
    """Asks, with a limit in seconds for each answer. Several threads may use it."""

    def __init__(self, seconds: float = ANSWER_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._docker_hangs: bool | None = None
        self._began = time.monotonic()

    def ask(self, argv: Sequence[str]) -> process.Completed:
        """The answer; TIMED_OUT at once where it would be Docker's, and Docker does not answer.

        A container whose health is not known yet is asked again, for so long in all.
        """
        if asks_docker(argv) and self.docker_hangs():
            words = f"Docker did not answer within {DOCKER_SECONDS} s, so it was not asked: systemctl restart docker"
            return process.Completed(process.TIMED_OUT, "", words)
        while True:
            done = process.run(argv, timeout=self._seconds)
            if not waits_for_health(argv, done) or time.monotonic() - self._began > STARTING_SECONDS:
                return done
            time.sleep(POLL_SECONDS)

    def ask_together(self, group: Group) -> Mapping[Question, process.Completed]:
        """What one command answers of a group; the others are to be asked alone."""
        known = group.ask(self._seconds)
        return {argv: done for argv, done in known.items() if not waits_for_health(argv, done)}

    def docker_hangs(self) -> bool:
        with self._lock:
            if self._docker_hangs is None:
                self._docker_hangs = process.run(DOCKER_PROBE, timeout=DOCKER_SECONDS).code == process.TIMED_OUT
            return self._docker_hangs


def answers_to(
    commands: Iterable[Sequence[str]], asker: Asker | None = None
) -> Mapping[tuple[str, ...], process.Completed]:
    """The host's answers, by command; equal ones are asked once."""
    asker = asker or Asker()
    questions = sorted(dict.fromkeys(tuple(argv) for argv in commands), key=lambda argv: argv[0] not in SLOW)
    groups = together.groups([argv for argv in questions if not (asks_docker(argv) and asker.docker_hangs())])
    grouped = {argv for group in groups for argv in group.questions}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        at_once = [pool.submit(asker.ask_together, group) for group in groups]
        alone = {argv: pool.submit(asker.ask, argv) for argv in questions if argv not in grouped}
        known = {argv: done for group in at_once for argv, done in group.result().items()}
        alone |= {argv: pool.submit(asker.ask, argv) for argv in questions if argv not in known and argv not in alone}
        return {argv: known[argv] if argv in known else alone[argv].result() for argv in questions}


def waits_for_health(argv: Sequence[str], done: process.Completed) -> bool:
    return asks_docker(argv) and STARTING in done.stdout.splitlines()


def asks_docker(argv: Sequence[str]) -> bool:
    """Whether a command can only answer if Docker does."""
    ours = argv[2].endswith("/phiward.pyz") and argv[3] in DOCKER_PROGRAMS if len(argv) > 3 else False
    return argv[0] == "docker" or ours
