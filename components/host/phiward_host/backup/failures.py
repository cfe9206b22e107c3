"""Jobs that failed and have not succeeded since: a good one before that says nothing of what is there now."""

from collections.abc import Collection
from dataclasses import dataclass

from phiward_host.backup.tools import LOG, utc_now
from phiward_host.common import lock, paths, records
from phiward_host.common.decode import Fields, dict_of
from phiward_host.common.errors import Failed
from phiward_host.common.faults import kept_trace, sentence

LOCK_SECONDS = 60


@dataclass(frozen=True)
class Failure:
    """When a job failed last, and why, in a sentence."""

    at: str
    reason: str

    @staticmethod
    def from_json(value: object, path: str) -> "Failure":
        fields = Fields.of(value, path)
        return Failure(fields.text("at"), fields.text("reason"))

    def to_json(self) -> dict[str, str]:
        return {"at": self.at, "reason": self.reason}


# By repository or host, and job.
Failures = dict[str, dict[str, Failure]]
DECODE = dict_of(dict_of(Failure.from_json))


@dataclass(frozen=True)
class FailureRecord:
    """The record of one program, by its name: `backup` or `vault`."""

    name: str

    @property
    def path(self) -> str:
        return f"{paths.BASE}/status/{self.name}-failures.json"

    def read(self) -> Failures:
        """What failed last; nothing where the record is damaged."""
        try:
            return records.read(self.path, DECODE, {})
        except Failed:
            return {}

    def note(self, where: str, job: str, error: Exception) -> None:
        """Notes that a job failed now. Where that cannot be written, on a full disk, the log says so."""
        self._change(where, job, Failure(utc_now(), sentence(error, LOG)))

    def clear(self, where: str, job: str) -> None:
        """Notes that a job succeeded."""
        if job in self.read().get(where, {}):
            self._change(where, job, None)

    def sentences(self, where: Collection[str], job: str | None = None) -> list[str]:
        """A sentence for each job, or that one, that failed last, in the repositories or of the hosts of `where`."""
        return [
            f"the last {name} failed at {failure.at}: {failure.reason}"
            for place, jobs in self.read().items()
            if place in where
            for name, failure in jobs.items()
            if job in (None, name)
        ]

    def _change(self, where: str, job: str, failure: Failure | None) -> None:
        try:
            with lock.hold("status.lock", f"{self.name} failures", LOCK_SECONDS):
                found = records.read_or_begin(self.path, DECODE, {}, LOG)
                jobs = {name: entry for name, entry in found.get(where, {}).items() if name != job}
                found[where] = jobs if failure is None else {**jobs, job: failure}
                listed = {
                    place: {name: entry.to_json() for name, entry in jobs.items()}
                    for place, jobs in found.items()
                    if jobs
                }
                records.write_json(self.path, listed, LOG)
        except (OSError, Failed):
            LOG.write(f"{self.path} could not be written: {kept_trace(LOG)}")
