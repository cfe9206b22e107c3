"""Quoting for SQL that is sent to PostgreSQL as text."""


def identifier(name: str) -> str:
    """A name, quoted: it may hold any character but NUL."""
    return '"' + name.replace('"', '""') + '"'


def one_line(query: str) -> str:
    """A query of ours that is written in several lines, in one; it has no text in which white space matters."""
    return " ".join(query.split())


def literal(text: str) -> str:
    """A string constant. It relies on `standard_conforming_strings`, which every session of ours sets."""
    return "'" + text.replace("'", "''") + "'"
