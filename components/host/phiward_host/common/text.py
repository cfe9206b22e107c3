"""Text of others on its way to a person: names of files, units and tools' words may hold what a terminal acts on."""


def one_line(text: str) -> str:
    """The text with line breaks and everything else escaped that is not simply shown, e.g. `\\x1b`."""
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def ascii_of(text: str, most: int) -> str:
    """At most so many characters, and of them what any terminal shows; a question mark for each other one."""
    return "".join(each if each.isascii() and each.isprintable() else "?" for each in text[:most])


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
