"""All that a host can do at its vault: the forced command of its account. It can add, and neither change nor delete.

`serve restic …` is restic's own request for a server on its standard input and output; what is served, and how, is
decided here. `seal` leaves a sealed password, once. `arrivals` says when each backup came, by this machine's clock.
`records` leads to what receives the host's journal (journal/receive.py), `metrics` to what takes its metrics
(metrics/receive.py). `session` leaves a sealed session of a person, `verification-key` an encrypted key that shows
whether the host's journal is as it was sealed. `orders` prints what a person left here for it (isolation/left.py).
"""

import hashlib
import json
import os
import pwd
import sys
from typing import BinaryIO

from phiward_host.common import cli, files, staging
from phiward_host.common.errors import Failed, Refused
from phiward_host.isolation import left
from phiward_host.vault import relay, sessions
from phiward_host.vault.arrivals import arrivals

MOST_BYTES, MOST_FILES = 65536, 50
# The verb, the name, and the hash.
LEAVE_WORDS = 3
HEADER = b"-----BEGIN AGE ENCRYPTED FILE-----\n"
RCLONE = "/usr/bin/rclone"
SERVE = ("rclone", "serve", "restic", "--stdio", "--append-only", "--config", "/dev/null", "--log-level", "ERROR")


def main() -> int:
    """Does what the host's SSH client asked for, if it is one of these. Exit 1: refused, with one sentence.

    It does not go through cli.main: the account can write no log of root's.
    """
    home = pwd.getpwuid(os.getuid()).pw_dir
    wanted = os.environ.get("SSH_ORIGINAL_COMMAND", "").split()
    os.umask(0o077)
    try:
        if wanted[:3] == ["serve", "restic", "--stdio"]:
            serve(home)
        elif wanted == ["seal"]:
            seal(home, sys.stdin.buffer)
        elif wanted == ["arrivals"]:
            print(json.dumps(arrivals(f"{home}/restic")), flush=True)
        elif wanted == ["orders"]:
            print(left.of_host(os.path.basename(home)), flush=True)
        elif len(wanted) == 1 and wanted[0] in relay.RECEIVERS:
            relay.to_receiver(wanted[0])
        elif len(wanted) == LEAVE_WORDS and wanted[0] in sessions.KINDS:
            print(sessions.keep(sessions.KINDS[wanted[0]], home, wanted[1], wanted[2], sys.stdin.buffer), flush=True)
        else:
            raise Refused("this account adds backups and records, and does nothing else")
    except (Failed, Refused) as refusal:
        return cli.complain(str(refusal))
    return cli.DONE


def serve(home: str) -> None:
    """Becomes the server; it does not return."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": home, "LC_ALL": "C.UTF-8"}
    os.execve(RCLONE, [*SERVE, f"{home}/restic"], environment)


def seal(home: str, source: BinaryIO) -> None:
    """Keeps a sealed password under the name of its content: one more does not replace it. Raises Refused.

    The same again changes nothing.
    """
    sealed = source.read(MOST_BYTES + 1)
    if len(sealed) > MOST_BYTES or not sealed.startswith(HEADER):
        raise Refused("what was sent is not a sealed password")
    directory = f"{home}/sealed"
    files.make_directory(directory)
    path = f"{directory}/{hashlib.sha256(sealed).hexdigest()}.age"
    if files.exists(path):
        return
    if len(files.names(directory)) >= MOST_FILES:
        raise Refused(f"there are {MOST_FILES} sealed passwords already; remove old ones on the vault")
    # What was cut off while it was written.
    staging.remove_staged(path)
    files.write(path, sealed, mode=0o400)
