"""A person's data as files for them: JSON, and a page for a browser; in one archive that a given key alone opens."""

import html
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Mapping, Sequence

from phiward_host.common import process
from phiward_host.common.decode import as_object
from phiward_host.common.errors import Failed

RECIPIENT = re.compile(r"age1[0-9a-z]{58}|ssh-(?:ed25519|rsa) [A-Za-z0-9+/=]{20,2000}", re.ASCII)
SEAL_SECONDS = 120
# `Digits` within JSON.
DIGITS = re.compile(r'"\\u0000(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"', re.ASCII)
HEAD = (
    '<!doctype html><html><head><meta charset="utf-8"><title>Your data</title><style>body{font-family:sans-serif}'
    "table{border-collapse:collapse;margin-bottom:2em}td,th{border:1px solid #888;padding:.3em;text-align:left}"
    "</style></head><body><h1>Your data</h1>"
)


def sealed(found: Mapping[str, Sequence[object]], files: Mapping[str, Sequence[object]], recipient: str) -> str:
    """An armoured age file with a tar archive of both: rows, and files, whose content is in the JSON alone.

    Raises Failed where age does not take it.
    """
    listed = {name: [_without_content(as_object(each, name)) for each in entries] for name, entries in files.items()}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, text in (("data.json", text_of({**found, **files})), ("data.html", page({**found, **listed}))):
            data = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    done = subprocess.run(
        ["age", "--armor", "--recipient", recipient],
        input=archive.getvalue(),
        capture_output=True,
        env=process.environment(),
        timeout=SEAL_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise Failed(f"the data could not be encrypted: {process.ended('age', done.returncode)}")
    return done.stdout.decode("ascii")


def _without_content(file: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in file.items() if name != "content"}


class Digits(str):
    """A number as the database wrote it: one in binary would be another, 0.1 among them, or too long for any."""

    __slots__ = ()

    def __new__(cls, text: str) -> "Digits":
        # No text of PostgreSQL's has a NUL.
        return super().__new__(cls, f"\0{text}")


def text_of(value: object) -> str:
    """JSON, in lines for people, with numbers digit by digit."""
    return DIGITS.sub(r"\1", json.dumps(value, indent=1, ensure_ascii=False))


def page(found: Mapping[str, Sequence[object]]) -> str:
    """A table for each place."""
    parts = [HEAD]
    for name, rows in found.items():
        objects = [as_object(row, name) for row in rows]
        columns = list(dict.fromkeys(column for row in objects for column in row))
        head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
        lines = "".join(
            f"<tr>{''.join(f'<td>{_cell(row.get(column))}</td>' for column in columns)}</tr>" for row in objects
        )
        parts.append(f"<h2>{html.escape(name)}</h2><table><tr>{head}</tr>{lines}</table>")
    return "".join([*parts, "</body></html>\n"])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return html.escape(value.removeprefix("\0"))
    return html.escape(DIGITS.sub(r"\1", json.dumps(value, ensure_ascii=False)))
