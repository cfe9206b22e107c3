"""Whether this host is a container."""

from phiward_host.common import files


def in_container() -> bool:
    """Whether this host shares its machine's kernel."""
    return files.exists("/run/systemd/container")
