"""Whether this host is a container."""

import os


def in_container() -> bool:
    """Whether this host shares its machine's kernel."""
    return os.path.exists("/run/systemd/container")
