"""What was restored, before an application gets it: who was erased since the backup is erased again.

Where that cannot be done, nothing is put in place, or an operator says so and why; then people are reminded each day
until it is done in the running database.
"""

from collections.abc import Sequence
from dataclasses import replace

from phiward_host.common import journal
from phiward_host.common.directory import beneath
from phiward_host.common.errors import Failed
from phiward_host.databases.session import ApplicationSession
from phiward_host.retention.asking import UNHURRIED, columns_of
from phiward_host.subjects import register, settings, volumes
from phiward_host.subjects.rows import Persons, erase_all
from phiward_host.subjects.settings import FilePlace, Place
from phiward_host.subjects.walked import Whose


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


def erase_files_again(staging: str, directory: str, places: Sequence[FilePlace]) -> int:
    """Erases all that the register has erased in files of one volume, which lie below `staging`, a directory of root's
    alone, and are to come to `directory`.

    Returns the files. Each name is looked up in the register, one by one: there may be millions. Raises Failed, as
    `erase_again`.
    """
    whose = _erased()
    if whose is None:
        return 0
    try:
        with beneath(staging, directory) as top:
            count = volumes.erase_below(top, places, whose).files
    except OSError as error:
        raise Failed(f"volume {places[0].where}: its files cannot be looked through: {error.strerror}") from None
    _say(f"the restored volume {places[0].where}", count)
    return count


def erase_again_in(places: Sequence[FilePlace]) -> int:
    """The same in a running volume, with its owner's rights."""
    whose = _erased()
    count = 0 if whose is None else sum(gone.files for gone in volumes.erase(places, whose).values())
    _say(f"the volume {places[0].where}", count)
    return count


def _erased() -> Whose | None:
    """Whoever the register has erased; None where that is nobody."""
    erased = register.load().erased
    if not erased:
        return None
    entry_of = register.hasher(settings.declared().key)
    return Whose(None, lambda reference: entry_of(reference) in erased)


def _say(where: str, count: int) -> None:
    what = "erased persons again after a restore"
    words = f"persons who had been erased were erased again in {where}: {count} files"
    journal.record("operation", words, what=what, outcome="success", files=str(count))


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
