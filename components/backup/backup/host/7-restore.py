"""Part 7: restores, each with who and why on record."""
import contextlib
import json
import os
import re
import syslog
import time

AUDIT = "/var/log/phiward/restores.log"


def audit(entry):
    """Appends to the record of restores, and to the journal."""
    line = json.dumps({"at": now_text(), **entry})
    os.makedirs(os.path.dirname(AUDIT), mode=0o750, exist_ok=True)
    with open(os.open(AUDIT, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    syslog.openlog("phiward-restore", facility=syslog.LOG_AUTHPRIV)
    syslog.syslog(syslog.LOG_NOTICE, line)


def judge_request(config, request):
    """What is asked for, in parts; raises Refused, before anything is touched, where it makes no sense."""
    for field in ("who", "why"):
        if not str(request.get(field) or "").strip():
            raise Refused(f"{field.upper()}: found nothing, allowed: a text; every restore is on record with who and why")
    if request.get("from") not in names(config):
        raise Refused(f"FROM: found {request.get('from')}, allowed: {' or '.join(names(config))}")
    kind, _, name = str(request.get("what")).partition(":")
    known = {database: entry["service"] for entry in config["databases"] for database in entry["names"]}
    if kind == "all" and not name:
        if request.get("into"):
            raise Refused("INTO: everything is restored in its place; give WHAT=file:/path for a copy beside it")
        return known, None
    if kind == "database" and name in known:
        if request.get("into"):
            raise Refused("INTO: a database is restored in its place, and the old one kept beside it; leave INTO out")
        return {name: known[name]}, []
    if kind == "file" and re.fullmatch(r"(/(?!\.{1,2}(/|$))[^/*?\[\]\\]+)+", name):
        return {}, [name]
    raise Refused(f"WHAT: found {request.get('what')}, allowed: all, file:/absolute/path, {', '.join(f'database:{database}' for database in known) or 'no database'}")


def restore(config, request):
    """Does one restore and answers with what it did. Nothing is overwritten: what it replaces is kept, and named in the answer."""
    databases, paths = judge_request(config, request)
    asked = {"what": request["what"], "from": request["from"], "who": request["who"], "why": request["why"], "into": request.get("into")}
    audit({"event": "begun", **asked, "snapshot": request.get("snapshot")})
    start = time.monotonic()
    try:
        with alone("restore", 60), Repository(config, request["from"]).connected() as repository, opened(config, repository, request.get("passwords") or []):
            run, manifest = repository.run(request.get("snapshot"))
            answer = {"run": manifest["run"], "takenAt": manifest["at"], **bring_back(repository, run, manifest, databases, paths, request.get("into"))}
    except BaseException as error:
        audit({"event": "failed", **asked, "reason": str(error) if isinstance(error, Refused) else type(error).__name__})
        raise
    answer["seconds"] = round(time.monotonic() - start, 1)
    audit({"event": "done", **asked, **answer})
    return answer


def bring_back(repository, run, manifest, databases, paths, into):
    stamp = time.strftime("%Y%m%dt%H%M%Sz", time.gmtime())
    expected = {}
    for database, service in databases.items():
        expected[database] = manifest["databases"].get(f"{service}/{database}")
        if expected[database] is None:
            raise Refused(f"database {database}: not in this backup; choose another with SNAPSHOT=")
    # All are loaded and compared before the first is put in place.
    for database, service in databases.items():
        load(repository, run[f"{service}/{database}"], expected[database], service, f"{database}_restored", database)
    kept = [swap(service, database, f"{database}_restored", f"{database}_before_{stamp}") for database, service in databases.items()]
    if paths is None:
        # Sealed secrets of a host that is no more are of use to people, not to this host.
        paths = [path for path in (*manifest["paths"], *manifest["volumes"].values(), *manifest["secrets"]) if path in run["files"]["paths"]]
    placed, aside = put_back(repository, run["files"], paths, into, stamp, list(manifest["volumes"].values())) if paths else (0, None)
    return {"databases": {database: {"tables": len(entry["tables"]), "rows": sum(rows for rows, _ in entry["tables"].values())}
                          for database, entry in expected.items()},
            "files": placed, "kept": [name for name in [*kept, aside] if name is not None]}


@contextlib.contextmanager
def opened(config, repository, passwords):
    """Opens a repository with this host's password, or with one of those handed over; then it is given this host's as well."""
    own = repository.state()
    if own == "missing":
        raise Refused(f"{repository.name}: there is no repository, so there is nothing to restore")
    if own == "open":
        yield
        return
    for password in passwords:
        with secret_file(password) as (descriptor, path):
            repository.password_file, repository.descriptors = path, (descriptor,)
            if repository.state() == "open":
                yield
                repository.must("this host's password cannot be added", "key", "add", "--new-password-file", config["passwordFile"])
                deliver(config, repository)
                return
    if not passwords:
        raise Refused(repository.closed())
    raise Refused(f"{repository.name}: none of the passwords that were sealed for this host opens the repository")
