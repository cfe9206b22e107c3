"""Whose word something is: sudo(8) says who became root for it."""

import os
import re

PERSON = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


def who() -> str:
    """The person; `root` where it is nobody in particular."""
    name = os.environ.get("SUDO_USER", "")
    return name if PERSON.fullmatch(name) else "root"
