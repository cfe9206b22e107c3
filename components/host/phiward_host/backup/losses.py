"""What is no longer in a backup and was in the one before: a deploy gone wrong, an attack, or a large deletion."""

from collections.abc import Mapping

from phiward_host.backup.manifest import DatabaseManifest, Manifest, manifest_path
from phiward_host.backup.tools import LOG
from phiward_host.common import files, paths, records
from phiward_host.common.decode import dict_of
from phiward_host.common.errors import Failed

# Below it a table is as likely a queue that was worked off.
LEAST_ROWS = 5
# What a person reads.
MOST_SENTENCES = 50


def saved_databases() -> Mapping[str, DatabaseManifest]:
    """The databases of the last backup, by the manifest that this host keeps; none where it cannot be read."""
    try:
        return Manifest.from_json(files.read_json(manifest_path()), "manifest").databases
    except (Failed, OSError, ValueError):
        return {}


def known_databases() -> Mapping[str, DatabaseManifest]:
    """Each database as it was when it was last saved, be that many backups ago: its owner can make a backup fail."""
    try:
        return dict_of(DatabaseManifest.from_json)(files.read_json(_known_path()), "databases")
    except (Failed, OSError, ValueError):
        return saved_databases()


def remember(databases: Mapping[str, DatabaseManifest]) -> None:
    """Keeps what the next backup is compared with."""
    records.write_json(_known_path(), {part: database.to_json() for part, database in databases.items()}, LOG)


def losses(before: Mapping[str, DatabaseManifest], now: Mapping[str, DatabaseManifest]) -> list[str]:
    """A sentence for each loss in databases that are in both: names and numbers only, no content.

    Losses are tables with rows that are gone, tables of which most rows are gone, and what no dump has. The first two
    are told once, since the next manifest is compared with this one; the last until it is mended.
    """
    found = [
        sentence for part in sorted(before.keys() & now.keys()) for sentence in _gone(part, before[part], now[part])
    ]
    return _few(found) + _few(
        [
            f"{part}: {_shown(what)} is in no dump, since it is a member of that extension; "
            "take it out: ALTER EXTENSION ... DROP ..."
            for part in sorted(now)
            for what in now[part].attributes.not_dumped
        ]
    )


def _few(sentences: list[str]) -> list[str]:
    """The first of them, and how many more there are: an owner can have as many tables as it likes."""
    more = len(sentences) - MOST_SENTENCES
    return sentences if more <= 0 else [*sentences[:MOST_SENTENCES], f"and {more} more like these"]


def _gone(part: str, before: DatabaseManifest, now: DatabaseManifest) -> list[str]:
    sentences: list[str] = []
    for name, table in sorted(before.tables.items()):
        there = now.tables.get(name)
        if there is None and table.rows > 0:
            sentences.append(f"{part}: table {_shown(name)} with {table.rows} rows is gone since the last backup")
        elif there is not None and table.rows >= LEAST_ROWS and there.rows * 2 < table.rows:
            sentences.append(
                f"{part}: table {_shown(name)} has {there.rows} rows, {table.rows} in the last backup: most are gone"
            )
    return [f"{sentence}. If nobody meant that, restore it: npx phiward restore" for sentence in sentences]


def _known_path() -> str:
    return f"{paths.BASE}/backup/databases.json"


def _shown(name: str) -> str:
    """A name as one line: an application may have put anything into it."""
    return "".join(character if character.isprintable() else "?" for character in name)
