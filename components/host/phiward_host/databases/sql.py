"""Quoting for SQL that is sent to PostgreSQL as text."""


def identifier(name: str) -> str:
    """A name, quoted: it may hold any character but NUL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string constant. It relies on `standard_conforming_strings`, which is on by default."""
    return "'" + text.replace("'", "''") + "'"
