"""phiward's agent, part 1: running commands, judging answers, writing files, one change at a time.

The parts are joined in the order of their numbers into one program (envelope.ts), which arrives on the host's standard
input together with its request and runs as root; nothing of it need be there beforehand. Python's standard library only.
Words of the tools it calls may hold secrets, so they go to a file only root can read: answers carry ids and paths.
"""
import contextlib
import fcntl
import json
import os
import re
import subprocess
import time

BASE = os.environ.get("PHIWARD_BASE", "/var/lib/phiward")  # a test sets its own
RUN = "/run/phiward"
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
}
LOCK_SECONDS = 60
APPLY_SECONDS = 1800
SYSTEMD_UNITS = {
    # A unit of its own, so that what kills an apply does not kill its way back; killed itself, it starts again.
    "phiward-recover@.service": f"""[Unit]
Description=Take back the interrupted change of %i
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I {BASE}/agent.py recover %i
Restart=on-failure
RestartSec=200ms
""",
    "phiward-recover.service": f"""[Unit]
Description=Take back changes that nobody confirmed before the last shutdown
# Without the default dependencies: behind sysinit.target and ahead of network-pre.target it would close a circle with cloud-init.
DefaultDependencies=no
Conflicts=shutdown.target
After=local-fs.target
Before=network-pre.target ufw.service ssh.service fail2ban.service shutdown.target
ConditionPathExistsGlob={BASE}/units/*/transaction

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I {BASE}/agent.py recover --boot

[Install]
WantedBy=multi-user.target
""",
}


class Refused(Exception):
    """The request cannot be carried out; the message is for the operator and holds no tool's words."""


def run(argv, stdin=None, timeout=120):
    """Runs argv without a shell; returns (exit code, standard output, standard error); 127 if there is no such program."""
    try:
        done = subprocess.run(
            argv, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=timeout, env=ENVIRONMENT, cwd="/", check=False)
        return done.returncode, done.stdout, done.stderr
    except FileNotFoundError:
        return 127, "", f"{argv[0]}: not found"
    except subprocess.TimeoutExpired:
        return 124, "", f"{argv[0]}: no answer within {timeout} s"


def judge(expect, code, out):
    """Whether an answer is the expected one (`Expectation` in plan.ts)."""
    kind, text = expect["kind"], out.rstrip()
    lines = [line.rstrip() for line in text.splitlines()]
    if kind == "exit":
        return code == expect["code"]
    if kind == "lacks":
        return code in (0, 1) and not any(re.search(expect["pattern"], line) for line in lines)
    if code != 0:
        return False
    if kind == "equals":
        return text == expect["text"]
    if kind == "oneOf":
        return text in expect["texts"]
    if kind == "lines":
        return {line.lower() for line in expect["lines"]} <= {line.lower() for line in lines}
    if kind == "set":
        return sorted(lines) == sorted(expect["lines"])
    if kind == "matches":
        return any(re.search(expect["pattern"], line) for line in lines)
    raise Refused(f"expectation {kind}: unknown to this agent")


def holds(probe):
    code, out, _ = run(probe["argv"])
    return judge(probe["expect"], code, out)


def log(unit, *words):
    """Appends to the unit's log, which only root can read: a tool's own words may hold secrets."""
    path = f"{BASE}/log/{unit}.log"
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
        file.write(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + " ".join(words).rstrip() + "\n")
    return path


def secret_path(kept):
    return f"{BASE}/secrets/{kept['id']}.{kept['epoch']}"


def command(unit, argv, stdin=None, timeout=600):
    """Runs a step's argv; a leading `-` on the program allows it to fail. Raises Refused with the log's path otherwise."""
    optional, argv = argv[0].startswith("-"), [argv[0].lstrip("-"), *argv[1:]]
    code, out, err = run(argv, stdin, timeout)
    if code != 0:
        path = log(unit, f"{argv!r} exited {code}:", out, err)
        if not optional:
            raise Refused(f"{os.path.basename(argv[0])} exited {code}; its words are in {path} on the host")
    return out


def write(path, data, owner=(0, 0), mode=0o600):
    """Replaces a file in one step, synced to disk."""
    stage_beside(path, data, owner, mode)
    os.replace(beside(path), path)


def beside(path):
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.phiward-new")


def stage_beside(path, data, owner, mode):
    with open(os.open(beside(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        os.fchown(file.fileno(), *owner)
        os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())


def read_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def lock(who, seconds=LOCK_SECONDS):
    """One change of this host at a time; waits, then refuses and says who holds it."""
    os.makedirs(RUN, mode=0o700, exist_ok=True)
    with open(f"{RUN}/lock", "a+", encoding="utf-8") as file:
        limit = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > limit:
                    file.seek(0)
                    raise Refused(f"another change is under way ({file.read().strip()}) and did not end within {seconds} s; "
                                  "nothing was done: try again when it has") from None
                time.sleep(0.1)
        file.truncate(0)
        file.write(f"{who}, process {os.getpid()}\n")
        file.flush()
        yield
