"""A restored database, before an application gets it: who was erased since the backup is erased again.

Where that cannot be done, nothing is put in place, or an operator says so and why; then people are reminded each day
until it is done in the running database.
"""

from collections.abc import Sequence
from dataclasses import replace

from phiward_host.common import journal
from phiward_host.databases.session import ApplicationSession
from phiward_host.retention.asking import UNHURRIED, columns_of
from phiward_host.subjects import register, settings
from phiward_host.subjects.rows import Persons, erase_all
from phiward_host.subjects.settings import Place


def erase_again(container: str, restored: str, database: str) -> int:
    """Erases, in the database `restored` that is or is to become `database`, all that the register has erased.

    Returns the rows. It may take as long as it needs. Raises Failed, and then nothing may be put in place: erased
    persons would be back.
    """
    declared = settings.declared()
    places, erased = declared.by_database().get(database, []), register.load().erased
    if not places or not erased:
        return 0
    session = ApplicationSession(container, restored, database)
    places = _there(session, places)
    if not places:
        return 0
    persons = Persons(session, places, [], UNHURRIED)
    entry_of = register.hasher(declared.key)
    theirs = persons.matching(lambda reference: entry_of(reference) in erased)
    rows = erase_all(persons, theirs)
    words = f"{len(theirs)} persons who had been erased were erased again in the restored database {database}"
    what = "erased persons again after a restore"
    journal.record("operation", f"{words}: {rows} rows", what=what, outcome="success", rows=str(rows))
    return rows


def _there(session: ApplicationSession, places: Sequence[Place]) -> list[Place]:
    """The places as far as a backup has them: it may be from before a table, or a column that is anonymised, was made.

    One without the column that says whose a row is stays: of that nobody knows.
    """
    found: list[Place] = []
    for place in places:
        columns = columns_of(session, place.table)
        replacements = [each for each in place.replacements if each.column in columns]
        if columns and (replacements or not place.replacements):
            found.append(replace(place, replacements=replacements))
    return found
