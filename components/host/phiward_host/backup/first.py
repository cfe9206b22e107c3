"""What a new host needs to have done once: a deploy waits for it, so what can is done side by side."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

from phiward_host.backup import jobs
from phiward_host.backup.jobs import Begun
from phiward_host.backup.settings import Job, Settings
from phiward_host.backup.tools import LOG
from phiward_host.common.faults import Faults

# Does a job in the repositories that are named; raises Failed. A backup of all of them is one run.
Work = Callable[[Settings, Begun, Sequence[str]], None]
WORK: Mapping[Job, Work] = MappingProxyType(
    {
        Job.BACKUP: jobs.back_up,
        Job.CHECK: lambda settings, _, names: jobs.check(settings, names),
        Job.RESTORE_TEST: lambda settings, _, names: jobs.test_restore(settings, names),
    }
)


def do_first(settings: Settings, due: Collection[Job]) -> None:
    """Does these jobs in every repository. Raises Failed with all that failed.

    The vault gets its copy of the dumps while the first repository, which has them by then, is checked and its restore
    tested; its own restore test follows, for there is one temporary database on a host. The first job that fails in a
    repository ends those that would come after it there.
    """
    begun, faults = Begun(), Faults(LOG)

    def work(name: str, *which: Job) -> bool:
        for job in which:
            if job in due:
                WORK[job](settings, begun, [name])
        return True

    here, *away = settings.repositories
    with ThreadPoolExecutor(1) as beside:
        saved = faults.attempt(lambda: work(here, Job.BACKUP))
        sending = {name: beside.submit(work, name, Job.BACKUP, Job.CHECK) for name in away}
        if saved:
            faults.attempt(lambda: work(here, Job.CHECK, Job.RESTORE_TEST))
        sent = [name for name, sent in sending.items() if faults.attempt(sent.result)]
    for name in sent:
        faults.attempt(lambda name=name: work(name, Job.RESTORE_TEST))
    faults.raise_any()
