"""All that a host can do at its vault: the forced command of its account. Adding is possible, changing and deleting are not.

`serve restic …` is restic's own wish for a server on its standard input and output; what is served, and how, is decided here.
`seal` leaves a sealed password, once. Python's standard library only.
"""
import hashlib
import os
import pwd
import sys

MOST_BYTES, MOST_FILES = 65536, 50
HEADER = b"-----BEGIN AGE ENCRYPTED FILE-----\n"


def serve(home):
    environment = {"PATH": "/usr/bin:/bin", "HOME": home, "LC_ALL": "C.UTF-8"}
    os.umask(0o077)
    os.execve("/usr/bin/rclone", ["rclone", "serve", "restic", "--stdio", "--append-only", "--config", "/dev/null", "--log-level", "ERROR",
                                  f"{home}/restic"], environment)


def seal(home):
    """Keeps a sealed password under the name of its content: the same again changes nothing, another does not replace it."""
    sealed = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(sealed) > MOST_BYTES or not sealed.startswith(HEADER):
        return "what was sent is no sealed password"
    directory = f"{home}/sealed"
    os.makedirs(directory, mode=0o700, exist_ok=True)
    path = f"{directory}/{hashlib.sha256(sealed).hexdigest()}.age"
    if os.path.exists(path):
        return None
    if len(os.listdir(directory)) >= MOST_FILES:
        return f"there are {MOST_FILES} sealed passwords already; remove old ones on the vault"
    beside = f"{directory}/.new-{os.getpid()}"
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400), "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    os.rename(beside, path)
    return None


def main():
    home = pwd.getpwuid(os.getuid()).pw_dir
    words = os.environ.get("SSH_ORIGINAL_COMMAND", "").split()
    if words[:3] == ["serve", "restic", "--stdio"]:
        serve(home)
    refusal = seal(home) if words == ["seal"] else "this account adds backups, and does nothing else"
    if refusal is not None:
        print(f"phiward: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
