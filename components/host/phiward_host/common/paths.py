"""Where the programs keep what they know. Read at each use (`paths.BASE`), so that a test can put its own in place."""

# State, readable by root only.
BASE = "/var/lib/phiward"
# Locks and other things that end with the boot.
RUN = "/run/phiward"


def log_path(name: str) -> str:
    """The log of a unit or program, which only root can read."""
    return f"{BASE}/log/{name}.log"
