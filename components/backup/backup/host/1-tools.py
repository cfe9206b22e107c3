"""phiward's backups, part 1: running tools, writing files, one job at a time.

The parts are joined in the order of their numbers into one program (program.ts). Python's standard library only. What tools
print may hold patients' data, so it goes to a log that only root can read; sentences for people carry names and paths alone.
"""
import contextlib
import fcntl
import json
import os
import subprocess
import time

BASE = "/var/lib/phiward"
RUN = "/run/phiward"
LOG = f"{BASE}/log/backup.log"
LOG_BYTES = 4 << 20
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root", "TZ": "UTC"}


class Refused(Exception):
    """Something could not be done; the message is for people and holds no tool's words."""


def open_log():
    os.makedirs(os.path.dirname(LOG), mode=0o700, exist_ok=True)
    if os.path.exists(LOG) and os.path.getsize(LOG) > LOG_BYTES:
        os.replace(LOG, f"{LOG}.old")
    return open(os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8", errors="replace")


def log(words):
    with open_log() as file:
        file.write(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + words.rstrip() + "\n")


def call(argv, stdin=None, **more):
    """Runs argv without a shell; returns (exit code, standard output). Its complaints go to the log."""
    try:
        done = subprocess.run(argv, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", cwd="/", check=False, **{"env": ENVIRONMENT, **more})
    except FileNotFoundError:
        return 127, ""
    if done.returncode != 0:
        log(f"{argv!r} exited {done.returncode}: {done.stdout}{done.stderr}")
    return done.returncode, done.stdout


def must(what, argv, stdin=None, **more):
    """Output of a tool that must succeed; `what` says in words what failed."""
    code, out = call(argv, stdin, **more)
    if code != 0:
        raise Refused(f"{what}: {os.path.basename(argv[0])} exited {code}; its words are in {LOG} on the host")
    return out


def write(path, text, mode=0o600):
    """Replaces a file in one step, synced to disk."""
    beside = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.new")
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def read_json(path, otherwise):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return otherwise


@contextlib.contextmanager
def secret_file(value):
    """A secret as a path that a child can read (with `pass_fds`) and that is on no disk."""
    descriptor = os.memfd_create("secret")
    try:
        os.write(descriptor, value.encode())
        yield descriptor, f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def alone(job, seconds):
    """One job of backups at a time; waits, then refuses and says which one is under way."""
    os.makedirs(RUN, mode=0o700, exist_ok=True)
    with open(f"{RUN}/backup.lock", "a+", encoding="utf-8") as file:
        limit = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > limit:
                    file.seek(0)
                    raise Refused(f"another job is under way ({file.read().strip()}) and did not end within {seconds} s; try again when it has") from None
                time.sleep(0.2)
        file.truncate(0)
        file.write(f"{job}, process {os.getpid()}\n")
        file.flush()
        yield
