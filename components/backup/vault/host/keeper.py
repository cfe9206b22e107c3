"""The vault's own care of what hosts leave with it: retention and checks, which no host can do here. Runs as root, restic as the host's account.

Joined behind parts 1 and 2 of the backup program, whose rules of retention it shares.
"""
import contextlib
import datetime
import glob
import hashlib
import json
import os
import pwd
import re
import sys
import time
import traceback

CONFIG = "/etc/phiward/vault.json"
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
LOG = f"{BASE}/log/vault.log"
STATUS = f"{BASE}/status/vault.json"
ID = re.compile("[0-9a-f]{64}")
# All that restic makes in a repository; a killed prune may leave a part of one.
RESTIC_NAMES = re.compile(r"config|((index|keys|locks|snapshots)|data/[0-9a-f]{2})/[0-9a-f]{64}(-tmp-[0-9]+)?")
# What restic must read before it can do anything: one of these that it cannot read keeps it from all the others.
NEEDED = ("keys", "index", "snapshots")
# Seconds after which nobody is still bringing a file.
SETTLED = 600
# Keys that are tried, oldest first: restic itself gives up at 20, so that a flood of them shuts everybody out.
MOST_KEYS = 40


def home_of(host):
    return pwd.getpwnam(f"vault-{host}").pw_dir


def sealed(host):
    """The sealed passwords of a host, newest first."""
    found = sorted(glob.glob(f"{home_of(host)}/sealed/*.age"), key=os.path.getmtime, reverse=True)
    texts = []
    for path in found:
        with open(path, encoding="ascii", errors="replace") as file:
            texts.append(file.read(65536))
    return texts


def restic(host, descriptor, path, *words):
    # As the account, so that whatever it makes is the account's.
    account = pwd.getpwnam(f"vault-{host}")
    environment = {**ENVIRONMENT, "HOME": account.pw_dir}
    return call(["restic", "--repo", f"{account.pw_dir}/restic", "--password-file", path, "--no-cache", "--retry-lock", "45m", *words],
                env=environment, user=account.pw_uid, group=account.pw_gid, extra_groups=[], pass_fds=(descriptor,), umask=0o077)


def can_open(host, *way):
    # Without a lock: one that a power cut left would be waited for.
    return restic(host, *way, "--no-lock", "cat", "config")[0] == 0


@contextlib.contextmanager
def unsealed(host):
    """The passwords that a host left, newest first, as what restic reads them from."""
    with contextlib.ExitStack() as stack:
        found = []
        for text in sealed(host):
            code, password = call(["age", "--decrypt", "--identity", HOST_KEY], text)
            if code == 0:
                descriptor, path = stack.enter_context(secret_file(password.strip()))
                os.fchmod(descriptor, 0o444)
                found.append((descriptor, path))
        yield found


def opened(host, work):
    """Does `work` with a host's repository, by the sealed password that opens it."""
    with unsealed(host) as passwords:
        for descriptor, path in passwords:
            if can_open(host, descriptor, path):
                def ask(what, *words):
                    code, out = restic(host, descriptor, path, *words)
                    if code != 0:
                        raise Refused(f"{host}: {what} (restic exited {code}); its words are in {LOG} on the vault")
                    return out
                return work(ask)
    raise Refused(f"{host}: none of the passwords that it left, sealed, opens its backups")


def move_away(host, paths):
    home = home_of(host)
    for path in paths:
        target = f"{home}/foreign/{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}/{path}"
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        os.rename(f"{home}/restic/{path}", target)
    return list(paths)


def strangers(directory, now):
    """Files that restic never makes: of another name, or whose name is not the checksum of their content."""
    found = [os.path.relpath(os.path.join(root, name), directory) for root, _, files in os.walk(directory) for name in files]
    named = {path for path in found if RESTIC_NAMES.fullmatch(path)}
    broken = {f"{kind}/{name}" for kind in NEEDED for name in settled(f"{directory}/{kind}", now) if checksum(f"{directory}/{kind}/{name}") != name}
    return [path for path in found if path not in named or path in broken]


def settled(directory, now):
    """Names of the files in a directory that nobody is still bringing, oldest first."""
    if not os.path.isdir(directory):
        return []
    times = {entry.name: entry.stat().st_mtime for entry in os.scandir(directory) if ID.fullmatch(entry.name) and entry.is_file()}
    return sorted((name for name, at in times.items() if at < now - SETTLED), key=times.get)


def checksum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unreadable(host, now):
    """Files of a right name that no password of the host opens: whoever brought them wants that nobody gets at the others."""
    with unsealed(host) as passwords:
        way, shut = next((way for way in passwords if can_open(host, *way)), None), []
        if way is None:
            # Named, a key is tried before all others.
            keys = settled(f"{home_of(host)}/restic/keys", now)
            ways = {key: (*password, "--key-hint", key) for key in keys[:MOST_KEYS] for password in passwords if can_open(host, *password, "--key-hint", key)}
            if not ways:
                return []
            way, shut = next(iter(ways.values())), [f"keys/{key}" for key in keys if key not in ways]
        return shut + [f"{kind}/{name}" for kind, what in (("index", "index"), ("snapshots", "snapshot")) for name in settled(f"{home_of(host)}/restic/{kind}", now)
                       if restic(host, *way, "--no-lock", "cat", what, name)[0] != 0]


def worked(config, host, work):
    """Does a job; where restic cannot, what it cannot read is put aside, and it is done again. Returns what was done, and what is aside."""
    aside = move_away(host, strangers(f"{home_of(host)}/restic", time.time()))
    try:
        return work(config, host), aside
    except Refused:
        broken = move_away(host, unreadable(host, time.time()))
        if not broken:
            raise
        return work(config, host), aside + broken


def prune(config, host):
    """Retention, in the vault's own hands."""
    def work(ask):
        ask("stale locks cannot be removed", "unlock")
        snapshots = json.loads(ask("the snapshots cannot be listed", "snapshots", "--json"))
        early = from_future(snapshots, datetime.datetime.now(datetime.timezone.utc))
        if early:
            raise Refused(f"{host}: snapshot {early[0][:8]} is dated in the future: a wrong clock, or somebody who wants good backups let go. "
                          "Nothing was let go; find out which, then remove it here with restic forget")
        gone = surplus(snapshots, config["keep"]["last"], config["keep"]["days"])
        if gone:
            ask("old backups cannot be let go", "forget", "--prune", "--quiet", *gone)
        return {"kept": len(snapshots) - len(gone), "letGo": len(gone)}
    return opened(host, work)


def check(config, host):
    """What is kept is read, and somebody must still be adding to it."""
    def work(ask):
        ask("stale locks cannot be removed", "unlock")
        ask("the check found damage; move the repository away, and the host's next backup makes a new one", "check", "--quiet", *reading(f"{home_of(host)}/restic"))
        snapshots = json.loads(ask("the snapshots cannot be listed", "snapshots", "--json"))
        newest = max((taken(snapshot) for snapshot in snapshots), default=None)
        limit = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=config["limit"])
        if newest is None or newest < limit:
            raise Refused(f"{host}: nothing was added for more than {config['limit'] // 3600} h")
        return {"snapshots": len(snapshots)}
    return opened(host, work)


def each(config, job, work):
    """Does a job for every host that has left something; one that fails does not keep the others from theirs."""
    failed, status = [], read_json(STATUS, {})
    for host in config["hosts"]:
        if not os.path.exists(f"{home_of(host)}/restic/config"):
            continue
        try:
            facts, aside = worked(config, host, work)
            status.setdefault(host, {})[job] = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **facts}
            if aside:
                failed.append(f"{host}: it left {len(aside)} files that restic never makes or cannot read, so somebody else may be at work there; "
                              f"they are in {home_of(host)}/foreign, and the {job} went well without them")
        except Refused as refusal:
            failed.append(str(refusal))
    write(STATUS, json.dumps(status, indent=2) + "\n")
    if failed:
        raise Refused("; ".join(failed))


def answer(config, verb, words):
    jobs = {"prune": prune, "check": check}
    if verb in jobs:
        with alone(verb, 7200):
            each(config, verb, jobs[verb])
        return None
    if verb == "sealed" and len(words) == 1 and words[0] in config["hosts"]:
        return json.dumps(sealed(words[0]))
    raise Refused(f"{verb}: found no such verb, allowed: {', '.join(jobs)}, sealed HOST with HOST one of {', '.join(config['hosts'])}")


def main():
    """Exit 1: refused, with one sentence; 2: a fault of this program, whose trace is in the log."""
    os.umask(0o077)
    try:
        result = answer(read_json(CONFIG, None), sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:])
    except Refused as refusal:
        print(f"phiward: {refusal}", file=sys.stderr)
        return 1
    except Exception as error:
        log(traceback.format_exc())
        print(f"phiward: the vault's program failed ({type(error).__name__}); the trace is in {LOG} on the vault", file=sys.stderr)
        return 2
    if result is not None:
        print(result, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
