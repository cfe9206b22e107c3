"""Where the programs keep what they know. Read at each use (`paths.BASE`), so that a test can put its own in place."""

# State, readable by root only.
BASE = "/var/lib/phiward"
# Locks and other things that end with the boot.
RUN = "/run/phiward"
# The archive of all programs, once a plan has put it there.
ARCHIVE = "/usr/local/lib/phiward/phiward.pyz"
# This host's SSH key: it proves who the host is, to the vault and in signatures.
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"


def log_path(name: str) -> str:
    """The log of a unit or program, which only root can read."""
    return f"{BASE}/log/{name}.log"
