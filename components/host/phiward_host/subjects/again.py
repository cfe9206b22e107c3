"""A restored database, before an application gets it: who was erased since the backup is erased again."""

from phiward_host.common import journal
from phiward_host.databases.session import ApplicationSession
from phiward_host.retention.asking import has
from phiward_host.subjects import register, settings
from phiward_host.subjects.rows import Persons, erase_all


def erase_again(container: str, restored: str, database: str) -> int:
    """Erases, in the database `restored` that is to become `database`, all that the register has; returns the rows.

    Raises Failed, and then nothing may be put in place: erased persons would be back.
    """
    declared = settings.declared()
    places, erased = declared.by_database().get(database, []), register.load().erased
    if not places or not erased:
        return 0
    session = ApplicationSession(container, restored, database)
    # A backup from before a table was made has no row of it.
    places = [place for place in places if has(session, place.table)]
    if not places:
        return 0
    persons = Persons(session, places, [])
    entry_of = register.hasher(declared.key)
    theirs = persons.matching(lambda reference: entry_of(reference) in erased)
    rows = erase_all(persons, theirs)
    words = f"{len(theirs)} persons who had been erased were erased again in the restored database {database}"
    what = "erased persons again after a restore"
    journal.record("operation", f"{words}: {rows} rows", what=what, outcome="success", rows=str(rows))
    return rows
