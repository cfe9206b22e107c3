"""Part 5: files: which are backed up, and how they come back without anything being overwritten."""
import contextlib
import filecmp
import json
import os
import shutil
import stat


def volume_paths(config):
    """Where Docker keeps the services' volumes."""
    return {name: must(f"volume {name}: Docker does not know it; deploy the services first",
                       ["docker", "volume", "inspect", "--format", "{{.Mountpoint}}", name]).strip() for name in config["volumes"]}


def place(source, target, aside):
    """Puts a restored file, link or directory tree in place. What differs is kept under `aside`; what is the same is left alone.

    Each file is replaced in one step, so that whoever kills this finds the old one or the new one; it can be run again.
    Returns how many files were put in place.
    """
    if os.path.isdir(source) and not os.path.islink(source):
        if os.path.lexists(target) and (os.path.islink(target) or not os.path.isdir(target)):
            keep(target, aside)
        os.makedirs(target, exist_ok=True)
        placed = sum(place(os.path.join(source, name), os.path.join(target, name), aside) for name in sorted(os.listdir(source)))
        same_owner(source, target)
        return placed
    if not holds_content(source):
        return 0
    if same(source, target):
        same_owner(source, target)
        return 0
    beside = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.restored")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.lexists(beside):
        os.unlink(beside)
    shutil.copy2(source, beside, follow_symlinks=False)
    found = os.lstat(source)
    os.chown(beside, found.st_uid, found.st_gid, follow_symlinks=False)
    if os.path.isdir(target) and not os.path.islink(target):
        keep(target, aside)
    elif os.path.lexists(target) and holds_content(target):
        os.makedirs(os.path.dirname(aside + target), mode=0o700, exist_ok=True)
        shutil.copy2(target, aside + target, follow_symlinks=False)
        old = os.lstat(target)
        os.chown(aside + target, old.st_uid, old.st_gid, follow_symlinks=False)
    os.replace(beside, target)
    return 1


def holds_content(path):
    """Whether it is a file or a link: programs make their pipes and sockets anew."""
    mode = os.lstat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def same(source, target):
    if not os.path.lexists(target):
        return False
    if os.path.islink(source) or os.path.islink(target):
        return os.path.islink(source) and os.path.islink(target) and os.readlink(source) == os.readlink(target)
    return os.path.isfile(target) and filecmp.cmp(source, target, shallow=False)


def same_owner(source, target):
    found, there = os.lstat(source), os.lstat(target)
    if (found.st_uid, found.st_gid) != (there.st_uid, there.st_gid):
        os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)
    if not os.path.islink(target) and found.st_mode != there.st_mode:
        os.chmod(target, found.st_mode & 0o7777)


def keep(path, aside):
    os.makedirs(os.path.dirname(aside + path), mode=0o700, exist_ok=True)
    shutil.move(path, aside + path)


def users_of(paths):
    """Running containers that have one of these paths mounted, or something under or around it."""
    if shutil.which("docker", path=ENVIRONMENT["PATH"]) is None:
        return []
    listed = must("Docker does not answer", ["docker", "ps", "--quiet", "--no-trunc"]).split()
    if not listed or not paths:
        return []
    found = json.loads(must("Docker does not answer", ["docker", "inspect", *listed]))
    return [entry["Name"].lstrip("/") for entry in found
            if any(is_within(mount.get("Source") or "", path) or is_within(path, mount.get("Source") or "")
                   for mount in entry["Mounts"] for path in paths)]


def is_within(path, directory):
    return directory != "" and f"{path}/".startswith(f"{directory}/")


@contextlib.contextmanager
def stopped(containers):
    """Holds containers still. Docker does not start again what was stopped: so that a power cut does not leave them down, it is told to."""
    if not containers:
        yield
        return
    must("services cannot be told to start again", ["docker", "update", "--restart", "always", *containers])
    try:
        must("services cannot be stopped", ["docker", "stop", *containers])
        yield
    finally:
        must("services cannot be started again; the restored files are in place", ["docker", "start", *containers])
        must("services cannot be told to stay stopped when they are", ["docker", "update", "--restart", "unless-stopped", *containers])


def bent(paths, volumes):
    """Paths in a volume whose way there has a link in it: its service could have a restore write where it cannot itself."""
    return [path for path in paths for volume in volumes if is_within(os.path.dirname(path), volume)
            and os.path.realpath(os.path.dirname(path)) != os.path.realpath(volume) + os.path.dirname(path)[len(volume):]]


def put_back(repository, snapshot, wanted, into, name, volumes):
    """Restores `wanted` paths of the files' snapshot: into a directory, or in place with what they replace kept. Returns (files, where the old ones are)."""
    if into is not None and os.path.lexists(into) and (os.path.islink(into) or not os.path.isdir(into) or os.listdir(into)):
        raise Refused(f"INTO: {into} is there and not an empty directory; choose another")
    staging = f"{BASE}/restores/new" if into is None else into
    aside = f"{BASE}/restores/{name}"
    shutil.rmtree(f"{BASE}/restores/new", ignore_errors=True)  # of a restore that was killed
    os.makedirs(staging, mode=0o700, exist_ok=True)
    try:
        return fetch_and_place(repository, snapshot, wanted, staging, aside, volumes if into is None else None)
    finally:
        shutil.rmtree(f"{BASE}/restores/new", ignore_errors=True)


def fetch_and_place(repository, snapshot, wanted, staging, aside, volumes):
    words = [word for path in wanted for word in ("--include", path)]
    repository.must("files cannot be restored", "restore", snapshot["id"], "--target", staging, "--quiet", *words)
    lacking = [path for path in wanted if not os.path.lexists(staging + path)]
    if lacking:
        raise Refused(f"{', '.join(lacking)}: not in this backup; nothing was replaced. See what is in it: restic ls on the host")
    if volumes is None:
        return sum(len(files) for _, _, files in os.walk(staging)), None
    with stopped(users_of(wanted)):
        linked = bent(wanted, volumes)
        if linked:
            raise Refused(f"{', '.join(linked)}: a link in the volume leads elsewhere; nothing was replaced. Restore a copy with INTO=")
        placed = sum(place(staging + path, path, aside) for path in wanted)
        os.sync()
    return placed, aside if os.path.isdir(aside) else None
