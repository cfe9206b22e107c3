"""The record of the daily look, which compares every file of every package and asks all the host's checks."""

import resource
import time
from dataclasses import dataclass

from phiward_host.agent.asked import asked_last, remember_failed
from phiward_host.agent.verify import verify
from phiward_host.common import paths, process, records
from phiward_host.common.decode import Fields, as_float, optional
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.integrity.declared import Declared
from phiward_host.integrity.finding import CHANGED_PACKAGE, CHECK, Finding
from phiward_host.integrity.packages import changed_paths
from phiward_host.integrity.tree import content

LOG = RootLog("integrity")
WHOLE_SECONDS = 3600
# A day, and what a host that restarts or is busy needs besides.
MOST_HOURS = 26
# Left out by an image that has no manuals (dpkg.cfg.d, path-exclude), or emptied: nothing runs them.
TEXTS = (
    "/var/cache/",
    "/usr/share/doc/",
    "/usr/share/man/",
    "/usr/share/locale/",
    "/usr/share/info/",
    "/usr/share/lintian/",
)


@dataclass(frozen=True)
class Daily:
    """`at` is when the look began, by the system's clock; `cpu` the seconds of processors that it took."""

    at: float
    cpu: float
    findings: list[Finding]

    @staticmethod
    def from_json(value: object, path: str) -> "Daily":
        fields = Fields.of(value, path)
        return Daily(
            fields.read("at", as_float), fields.read("cpu", as_float), fields.items("findings", Finding.from_json)
        )

    def to_json(self) -> dict[str, object]:
        return {"at": self.at, "cpu": self.cpu, "findings": [finding.to_json() for finding in self.findings]}


def path() -> str:
    return f"{paths.BASE}/integrity/daily.json"


def last() -> Daily | None:
    """None before the first, and where its record was damaged. Raises OSError."""
    return records.read_or_begin(path(), optional(Daily.from_json), None, LOG)


def write(daily: Daily) -> None:
    records.write_json(path(), daily.to_json(), LOG)


def changed_files(declared: Declared) -> list[Finding]:
    """Every file of every package that is not as it was brought, by dpkg(1). Raises Failed."""
    done = process.logged(["dpkg", "--verify"], LOG, timeout=WHOLE_SECONDS)
    # 1 is that some differ.
    if done.code not in (0, 1):
        raise Failed(f"{process.ended('dpkg', done.code)}; its output is in {LOG.path} on the host")
    found = [path for path in changed_paths(done.stdout) if path not in declared.paths and not path.startswith(TEXTS)]
    return [Finding(CHANGED_PACKAGE, path, content(path)) for path in found]


def failed_checks() -> list[Finding]:
    """Of the checks that the last deploy asked of this host, those that fail now."""
    questions = asked_last()
    results = verify(questions)
    remember_failed(questions, results)
    return [
        Finding(CHECK, f"{result.unit} {result.id}")
        for result in results
        if result.failure is not None and result.unit != "integrity"
    ]


def cpu_seconds() -> float:
    """What this process and the programs that it ran have used until now."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def age_hours(daily: Daily, now: float | None = None) -> float:
    return ((time.time() if now is None else now) - daily.at) / 3600
