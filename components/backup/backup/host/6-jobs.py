"""Part 6: what the timers start: back up, check, test a restore, and notice when one of them has not happened."""
import contextlib
import datetime
import json
import os
import secrets
import subprocess
import time

STATUS = f"{BASE}/status/backup.json"
METRICS = "/var/lib/prometheus/node-exporter/phiward-backup.prom"
MANIFEST = f"{BASE}/backup/manifest.json"
JOBS = ("backup", "check", "restore-test")
TEST_CONTAINER = "phiward-restore-test"


def names(config):
    return ["local", *(["offsite"] if config["offsite"] else [])]


def now_text():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def note(repository, job, facts):
    """Records a success, for people, checks and metrics."""
    status = read_json(STATUS, {})
    status.setdefault(repository, {})[job] = {"at": now_text(), **facts}
    write(STATUS, json.dumps(status, indent=2) + "\n")
    lines = []
    for where, jobs in sorted(status.items()):
        for what, entry in sorted(jobs.items()):
            stamp = int(datetime.datetime.fromisoformat(entry["at"]).timestamp())
            lines.append(f'phiward_backup_last_success_timestamp_seconds{{repository="{where}",job="{what}"}} {stamp}\n')
    os.makedirs(os.path.dirname(METRICS), mode=0o755, exist_ok=True)
    write(METRICS, "# TYPE phiward_backup_last_success_timestamp_seconds gauge\n" + "".join(lines), 0o644)


def in_each(config, job, work):
    """Does a job in every repository: one that fails does not keep the others from theirs."""
    failed = []
    for name in names(config):
        start = time.monotonic()
        try:
            with Repository(config, name).connected() as repository:
                facts = work(repository)
            note(name, job, {**facts, "seconds": round(time.monotonic() - start, 1)})
        except Refused as refusal:
            failed.append(str(refusal))
    if failed:
        raise Refused("; ".join(failed))


def back_up(config):
    """All databases in one moment each, then the files and the manifest, into every repository."""
    run = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(3)}"
    with contextlib.ExitStack() as stack:
        databases, parts = {}, []
        for entry in config["databases"]:
            await_server(entry["service"], 120, "check that the container is healthy: docker ps")
            for database in entry["names"]:
                session = Session(entry["service"], database)
                stack.callback(session.close)
                moment = session.ask("SELECT pg_export_snapshot();")
                databases[f"{entry['service']}/{database}"] = session.manifest()
                parts.append((entry["service"], database, moment))
        volumes = volume_paths(config)
        kept = [config["escrow"], MANIFEST]
        manifest = {"run": run, "at": now_text(), "host": config["host"], "databases": databases, "volumes": volumes, "paths": config["paths"],
                    "secrets": config["secrets"]}
        write(MANIFEST, json.dumps(manifest, indent=1) + "\n")
        in_each(config, "backup", lambda repository: save_all(config, repository, run, parts, [*config["paths"], *volumes.values(), *config["secrets"], *kept]))


def save_all(config, repository, run, parts, paths):
    repository.prepare()
    if repository.name == "offsite":
        deliver(config, repository)
    added = 0
    for service, database, moment in parts:
        dump = ["pg_dump", "-U", "postgres", "--format=custom", "--compress=0", f"--snapshot={moment}", "-d", database]
        summary, _ = repository.save(run, f"{service}/{database}", "--stdin-from-command", "--stdin-filename", f"{service}.{database}.dump",
                                     "--", *inside(service, *dump))
        added += summary.get("data_added", 0)
    absent = [path for path in paths if not os.path.lexists(path)]
    summary, whole = repository.save(run, "files", "--", *(path for path in paths if path not in absent))
    if absent:
        raise Refused(f"{repository.name}: {', '.join(absent)}: declared in backup.paths and not on the host; all else was saved")
    if not whole:
        raise Refused(f"{repository.name}: some files could not be read; all others were saved. restic's words are in {LOG} on the host")
    if repository.name == "local":
        repository.forget(config["keep"]["last"], config["keep"]["days"])
    return {"run": run, "addedBytes": added + summary.get("data_added", 0)}


def deliver(config, repository):
    """Leaves the sealed password with the vault, where a new host will find it. The vault keeps each once."""
    with open(config["sealedFile"], encoding="utf-8") as file:
        must("offsite: the vault does not take the sealed password", repository.ssh("seal"), file.read())


def check(config):
    """The local repository is read; the vault reads its own, and from here its structure is checked."""
    def work(repository):
        repository.require()
        repository.unlock()
        part = reading(config["repository"]) if repository.name == "local" else []
        repository.must("the check found damage; restore from the other repository, then make this one anew", "check", "--quiet", *part)
        return {}
    in_each(config, "check", work)


def test_restore(config):
    """Restores the last backup of every database into a throw-away one and compares it, table by table."""
    def work(repository):
        repository.require()
        run, manifest = repository.run()
        rows = 0
        for entry in config["databases"]:
            with throw_away(entry["image"]) as container:
                for database in entry["names"]:
                    expected = manifest["databases"].get(f"{entry['service']}/{database}")
                    if expected is None:
                        raise Refused(f"{repository.name}: the last backup has no database {database}; it was declared since. Run make backup")
                    sql(container, "postgres", f"CREATE ROLE {quoted(database)};", f"database {database}: its role cannot be made")
                    load(repository, run[f"{entry['service']}/{database}"], expected, container, database, database)
                    rows += sum(count for count, _ in expected["tables"].values())
        files = sample(repository, run["files"])
        return {"run": manifest["run"], "rows": rows, "files": files}
    in_each(config, "restore-test", work)


@contextlib.contextmanager
def throw_away(image):
    """A database server of the same image, without network, whose data goes with it."""
    remove = ["docker", "rm", "--force", "--volumes", TEST_CONTAINER]
    password = f"{RUN}/restore-test.password"
    call(remove)
    write(password, secrets.token_urlsafe(32))
    os.chown(password, 999, 999)
    try:
        must("the throw-away database cannot be started", [
            "docker", "run", "--detach", "--pull", "never", "--name", TEST_CONTAINER, "--network", "none", "--read-only", "--user", "999:999",
            "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp", "--tmpfs", "/run/postgresql:uid=999,gid=999,mode=0775",
            "--volume", "/var/lib/postgresql/data", "--shm-size", "128m", "--log-driver", "none",
            "--volume", f"{password}:/run/secrets/postgres:ro", "--env", "POSTGRES_PASSWORD_FILE=/run/secrets/postgres",
            image, "postgres", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off"])
        await_server(TEST_CONTAINER, 120, "is the disk full?")
        yield TEST_CONTAINER
    finally:
        call(remove)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(password)


def sample(repository, snapshot, most=4):
    """Reads some files back, spread over the snapshot; restic compares each with its checksum."""
    entries = map(json.loads, repository.must("the files cannot be listed", "ls", "--json", snapshot["id"]).splitlines())
    files = [entry for entry in entries if entry.get("type") == "file"]
    chosen = files[:: max(1, len(files) // most)]
    for entry in chosen:
        with open_log() as words:
            read = subprocess.Popen(repository.argv("dump", snapshot["id"], entry["path"]), stdout=subprocess.PIPE, stderr=words,
                                    stdin=subprocess.DEVNULL, env=ENVIRONMENT, cwd="/", pass_fds=repository.descriptors)
            size = sum(len(block) for block in iter(lambda: read.stdout.read(1 << 20), b""))
        if read.wait() != 0 or size != entry.get("size", 0):
            raise Refused(f"{repository.name}: {entry['path']} cannot be read back")
    return len(chosen)


def stale(config, status, now):
    """What has not happened in time, in words."""
    words = []
    for where in names(config):
        for job in JOBS:
            at = status.get(where, {}).get(job, {}).get("at")
            limit = config["limits"][job]
            if at is None:
                words.append(f"{where}: no good {job} yet")
            elif (now - datetime.datetime.fromisoformat(at)).total_seconds() > limit:
                words.append(f"{where}: the last good {job} was at {at}, more than {limit // 3600} h ago")
    return words
