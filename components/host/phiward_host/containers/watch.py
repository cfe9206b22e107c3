"""Watches over services: `watch`, which a timer starts every 20 seconds, alerts people once when one is not well, and
once when it is well again. So it does when containers print more than the journal takes.

What a deploy replaces is not well for some seconds: an alert waits for the fourth look, but that of a crash loop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.alerts import main as alerts
from phiward_host.alerts import settings as alert_settings
from phiward_host.common import cli, docker, files, paths, process, records
from phiward_host.common.decode import Fields, as_int, dict_of, list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog

LOG = RootLog("watch")
USAGE = "watch"
SETTINGS = "/etc/phiward/jobs.json"
WELL = "well"
# Looks at which a service must not have been well before people are told.
LOOKS = 4
# So many looks are remembered; as many new starts as docker.RESTARTS within them are a crash loop.
REMEMBERED = 15
# What an alert names where the engine itself does not answer.
ENGINE = "docker"
ANSWER_SECONDS = 20
# What all containers print; no service has such a name.
OUTPUT = "output of containers"
# journald says once in half a minute what it left out of a unit's lines, where more of them come.
DROPPED = ("_UID=0", "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e")
# One loss counts for so long, in which there are looks enough for an alert: without that, who prints without end for
# half a minute, again and again, would take others' lines out of the journal and nobody would be told.
DROPPED_SECONDS = 600
# More than journald says of a hundred units in that time.
DROPPED_LINES = 2000
UNSEEN = "it cannot be seen whether the journal takes what containers print"


SUBJECTS = MappingProxyType({ENGINE: "Docker", OUTPUT: OUTPUT})


@dataclass(frozen=True)
class Watched:
    """A service by its present name, and its declared container."""

    called: str
    container: str

    @staticmethod
    def from_json(value: object, path: str) -> "Watched":
        """One entry of the settings."""
        fields = Fields.of(value, path)
        return Watched(fields.text("called"), fields.text("container"))


@dataclass(frozen=True)
class Look:
    """How a container was found: WELL or what is wrong with it, None where that is to be seen."""

    state: str | None
    id: str
    restarts: int


@dataclass(frozen=True)
class Known:
    """What the looks before found of one service."""

    # Since when, in looks, it is not well; 0: it is.
    sick: int
    # What people were told last; WELL where that it is well, or nothing yet.
    alerted: str
    # Of which container the counts are, and how often that had been started again at each look.
    id: str
    restarts: Sequence[int]

    @staticmethod
    def from_json(value: object, path: str) -> "Known":
        """One entry of the record."""
        fields = Fields.of(value, path)
        return Known(
            fields.integer("sick"),
            fields.text("alerted"),
            fields.text("id"),
            fields.read("restarts", list_of(as_int)),
        )

    def to_json(self) -> dict[str, object]:
        return {"sick": self.sick, "alerted": self.alerted, "id": self.id, "restarts": [*self.restarts]}


NEW = Known(0, WELL, "", ())


def look(container: str) -> Look:
    """Asks the engine for a container. Raises OSError and Failed where the engine does not answer."""
    answer = docker.ask("GET", f"/containers/{docker.quote(container)}/json", allowed=(404,), timeout=ANSWER_SECONDS)
    if answer is None:
        return Look("its container is missing", "", 0)
    found = Fields.of(answer, "container")
    state = found.child("State")
    health = state.child("Health").text("Status") if state.has("Health") else "healthy"
    if state.flag("Restarting"):
        words = "it ends again and again"
    elif not state.flag("Running"):
        words = "it does not run"
    elif health == "unhealthy":
        words = "it is unhealthy"
    else:
        words = WELL if health == "healthy" else None
    return Look(words, found.text("Id"), found.integer("RestartCount"))


def judge(before: Known, found: Look) -> tuple[Known, str | None]:
    """What is known after a look, and what people are to be told now, if anything."""
    counts = [*before.restarts, found.restarts][-REMEMBERED:] if found.id == before.id else [found.restarts]
    loops = counts[-1] - counts[0] >= docker.RESTARTS
    state = "it ends again and again" if loops else found.state
    if state is None:
        return Known(before.sick, before.alerted, found.id, counts), None
    if state == WELL:
        return Known(0, WELL, found.id, counts), "it is well again" if before.alerted != WELL else None
    sick = before.sick + 1
    tells = before.alerted == WELL and (loops or sick >= LOOKS)
    return Known(sick, state if tells else before.alerted, found.id, counts), state if tells else None


def _found(watched: Sequence[Watched]) -> dict[str, Look]:
    """A look at each service; at the engine alone where that does not answer."""
    try:
        return {ENGINE: Look(WELL, "", 0), **{service.called: look(service.container) for service in watched}}
    except (OSError, Failed):
        return {ENGINE: Look("it does not answer", "", 0)}


def _output() -> Look:
    """Whether the journal takes what containers print: all of it comes by the engine's unit."""
    bounds = (f"--since=-{DROPPED_SECONDS}s", f"--lines={DROPPED_LINES}")
    argv = ["journalctl", "--quiet", "--no-pager", "--boot", "--output=cat", *bounds, *DROPPED]
    done = process.run(argv, timeout=ANSWER_SECONDS)
    said = done.stdout.splitlines()
    if any(line.endswith(" messages from docker.service") for line in said):
        return Look("a container prints more than the journal takes", "", 0)
    # Where there are more lines than were asked for, what is looked for may be among the others.
    return Look(UNSEEN if done.code != 0 or len(said) >= DROPPED_LINES else WELL, "", 0)


def watch(watched: Sequence[Watched]) -> None:
    """Looks at each service, and tells people of what changed."""
    path = f"{paths.BASE}/status/services.json"
    before = records.read_or_begin(path, dict_of(Known.from_json), dict[str, Known](), LOG)
    found = {**_found(watched), OUTPUT: _output()}
    judged = {name: judge(before.get(name, NEW), entry) for name, entry in found.items()}
    declared = {ENGINE, OUTPUT, *(service.called for service in watched)}
    # What is told is on record before it is sent: a channel that does not answer makes no flood.
    now = {name: known for name, (known, _) in judged.items()}
    kept = {name: known for name, known in {**before, **now}.items() if name in declared}
    if kept != before:
        records.write_json(path, {name: known.to_json() for name, known in kept.items()}, LOG)
    tell({name: words for name, (_, words) in judged.items() if words is not None})


def tell(sentences: Mapping[str, str]) -> None:
    """Alerts people; without anybody to alert, it is in the journal only."""
    config = alert_settings.load() if files.exists(alert_settings.PATH) else None
    for name, words in sentences.items():
        subject = SUBJECTS.get(name, f"service {name}")
        print(f"{subject}: {words}", flush=True)
        if config is not None:
            alerts.send(config, subject, words)


def main(words: Sequence[str]) -> int:
    """Exit code 0: it looked, whatever it found."""
    cli.end_on_sigterm()
    return cli.main("the watch over services", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    if words:
        raise Refused(f"found {len(words)} words, allowed: {USAGE}")
    watch(Fields.of(files.read_json(SETTINGS), "settings").items("watched", Watched.from_json))
    return cli.DONE
