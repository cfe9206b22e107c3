"""Part 4: bringing one unit to its plan, inside one transaction."""
import contextlib
import glob
import json
import os
import secrets
import shutil
import time


def install(plan):
    """Installs missing packages; finishes what an interrupted dpkg left."""
    if not plan["packages"]:
        return []
    _, out, _ = run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n", *plan["packages"]])
    missing = [name for name in plan["packages"] if f"{name} installed" not in out.splitlines()]
    if missing:
        command(plan["unit"], ["dpkg", "--configure", "-a"])
        options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confdef",
                   "-o", "Dpkg::Options::=--force-confold"]
        lists = max((os.stat(path).st_mtime for path in glob.glob("/var/lib/apt/lists/*Packages*")), default=0)
        if time.time() - lists > 3600:
            command(plan["unit"], ["apt-get", "update", "-q"])
        if run(["apt-get", "install", *options, *missing], timeout=APPLY_SECONDS)[0] != 0:
            command(plan["unit"], ["apt-get", "update", "-q"])
            command(plan["unit"], ["apt-get", "install", *options, *missing], timeout=APPLY_SECONDS)
    return [f"package {name}" for name in missing]


def random_value(length):
    alphabet = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))


def seal(unit, made, recipients, value):
    """Escrows a secret: encrypts it to the recipients' public keys."""
    os.makedirs(f"{BASE}/escrow", mode=0o700, exist_ok=True)
    options = [option for recipient in recipients for option in ("--recipient", recipient)]
    sealed = command(unit, ["age", "--armor", *options], value + "\n")
    write(f"{BASE}/escrow/{made['id']}.{made['epoch']}.age", sealed.encode())


def keep_secrets(plan):
    """Makes what of the plan's kept secrets is missing, each escrowed before it is there; escrows anew what has other recipients.

    Nothing uses a new one before a file or program of this apply does, so there is nothing to take back.
    """
    changed = []
    for kept in plan["kept"]:
        path, name = secret_path(kept), f"{kept['id']}.{kept['epoch']}"
        record = f"{BASE}/escrow/{name}.json"
        value = random_value(kept["length"])
        known = os.path.exists(path)
        if known:
            value = read_text(path)
        if kept["recipients"] and not (known and read_json(record) == {"recipients": kept["recipients"]}):
            seal(plan["unit"], kept, kept["recipients"], value)
            write(record, json.dumps({"recipients": kept["recipients"]}).encode())
            changed.append(f"escrow {name}")
        if not known:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            write(path, value.encode())
            changed.append(f"secret {name}")
    return changed


def make_secret(unit, made):
    """Makes a secret, escrows it, and only then puts it to use: it is never without its escrow."""
    value = random_value(made["length"])
    seal(unit, made, [made["recipient"]], value)
    command(unit, made["use"]["argv"], made["use"]["stdin"].replace("{}", value))
    write(f"{BASE}/escrow/{made['id']}.json", json.dumps({"epoch": made["epoch"], "recipient": made["recipient"]}).encode())


def stale_secrets(plan):
    wanted = [(made, {"epoch": made["epoch"], "recipient": made["recipient"]}) for made in plan["made"]]
    return [made for made, record in wanted if read_json(f"{BASE}/escrow/{made['id']}.json") != record]


def escrow(plan):
    found = {}
    for made in plan["made"] + [kept for kept in plan["kept"] if kept["recipients"]]:
        found[made["id"]] = read_text(f"{BASE}/escrow/{made['id']}.{made['epoch']}.age")
    return found


class Apply:
    """Brings one unit to its plan, inside one transaction."""

    def __init__(self, plan, handed, digest):
        self.plan, self.handed, self.digest = plan, handed, digest
        self.unit = plan["unit"]
        self.transaction = Transaction(self.unit)
        self.changed = []

    def __call__(self):
        require_system(self.plan)
        if os.path.exists(self.transaction.path):
            self.transaction.roll_back("a newer apply began before this change was confirmed")
        self.changed += install(self.plan)
        self.changed += keep_secrets(self.plan)
        differing = difference(self.plan, self.handed)
        validate(self.plan, differing["files"], differing["gone"])
        try:
            self.steps("before")
            self.swap(differing)
            for made in stale_secrets(self.plan):
                self.begin()
                make_secret(self.unit, made)
                self.changed.append(f"secret {made['id']}")
            self.steps("after")
            return self.commit()
        except BaseException as error:
            if self.transaction.manifest is not None:
                self.transaction.roll_back("the apply failed")
            if isinstance(error, OSError):
                raise Refused(f"{error.filename or 'the system'}: {error.strerror}; the host is as it was") from error
            raise

    def begin(self):
        """Before the first change: the way back, with what steps, sets and secrets are going to write."""
        if self.transaction.manifest is None:
            self.transaction.begin(self.digest, self.plan["deadManSeconds"])
            self.transaction.remember(self.plan["writes"] + [f"{BASE}/escrow/{made['id']}.json" for made in self.plan["made"]])

    def steps(self, phase):
        for step in self.plan["steps"]:
            if step["phase"] != phase or ("notInContainer" in step and os.path.exists("/run/systemd/container")):
                continue
            if step["when"]["kind"] == "state":
                if holds(step["when"]["unless"]):
                    continue
            elif not self.changed or not ("*" in step["when"]["on"] or set(step["when"]["on"]) & set(self.changed)):
                continue
            self.begin()
            undo = step["undo"]
            if undo["kind"] == "again":
                self.transaction.undo_later(step["argv"], "again")
            elif undo["kind"] == "run":
                for argv in reversed(undo["commands"]):
                    self.transaction.undo_later(argv, "undo")
            elif undo["kind"] == "snapshot":
                self.transaction.undo_later(undo["restore"], "undo", command(self.unit, undo["save"]))
            try:
                command(self.unit, step["argv"])
            except Refused as refusal:
                advice = f"; {step['advice']}" if "advice" in step else ""
                raise Refused(f"step {step['id']}: {refusal}; the old state is back{advice}") from None
            self.changed.append(step["id"])

    def swap(self, differing):
        if not (differing["directories"] or differing["files"] or differing["gone"] or any(e["remove"] for e, _ in differing["members"])):
            return
        self.begin()
        directories, files, gone = differing["directories"], differing["files"], [path for _, path in differing["gone"]]
        doomed = [below for path in gone for below in tree(path)]
        self.transaction.remember([e["path"] for e in directories] + [f["path"] for f, _ in files] + doomed + [self.transaction.generation_path])
        for entry in directories:
            if os.path.islink(entry["path"]) or os.path.isfile(entry["path"]):
                os.unlink(entry["path"])
            os.makedirs(entry["path"], exist_ok=True)
            os.chown(entry["path"], *self.owner(entry))
            os.chmod(entry["path"], int(entry["mode"], 8))
        ours = set(self.transaction.generation()["files"])
        for file, data in files:
            if file["path"] not in ours and os.path.isfile(file["path"]):
                keep_copy(self.unit, file["path"])
            stage_beside(file["path"], data, self.owner(file), int(file["mode"], 8))
        for file, _ in files:
            os.replace(beside(file["path"]), file["path"])
        discarded = [entry["path"] for entry in self.plan["directories"] if "discard" in entry.get("exclusive", {})]
        for path in gone:
            if os.path.dirname(path) not in discarded:
                keep_copy(self.unit, path)
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        for entry, member in differing["members"]:
            for argv in entry["remove"]:
                command(self.unit, [part.replace("{}", member) for part in argv])
            if entry["remove"]:
                self.changed.append(f"{entry['noun']} {member} removed")
        self.changed += [e["path"] for e in directories] + [f["path"] for f, _ in files] + gone

    def owner(self, entry):
        owner = ids(entry["owner"])
        if owner is None:
            raise Refused(f"{entry['path']}: its owner {entry['owner']} is not known on the host; the old state is back")
        return owner

    def commit(self):
        """Records the generation; a guarded change then waits for its confirmation."""
        reports = {entry["id"]: read_text(entry["path"]).strip() for entry in self.plan["reports"]}
        old = self.transaction.generation()
        new = {"hash": self.digest, "files": [f["path"] for f in self.plan["files"]], "directories": [e["path"] for e in self.plan["directories"]]}
        os.makedirs(self.transaction.home, mode=0o700, exist_ok=True)
        if self.transaction.manifest is not None:
            self.transaction.remember([self.transaction.generation_path])
        if new != old:
            write(self.transaction.generation_path, json.dumps(new).encode())
        if self.transaction.manifest is not None:
            if self.plan["deadManSeconds"]:
                self.transaction.arm("applied")
            else:
                self.transaction.close()
        else:
            with contextlib.suppress(FileNotFoundError):  # the host is as the plan says, whatever was taken back before
                os.unlink(f"{self.transaction.home}/rolled-back.json")
        waits = self.plan["deadManSeconds"] if self.transaction.manifest is not None else None
        return {"unit": self.unit, "status": "changed" if self.changed else "unchanged", "changed": self.changed,
                "generation": self.digest, "confirmWithin": waits, "escrow": escrow(self.plan),
                "reports": reports}


def tree(path):
    """A path and all below it, the deepest last."""
    below = [path]
    if os.path.isdir(path) and not os.path.islink(path):
        for root, directories, files in os.walk(path):
            below += [os.path.join(root, name) for name in directories + files]
    return below


def keep_copy(unit, path):
    """Keeps what is removed, or replaced for the first time: it may be the only copy of somebody's work."""
    kept = f"{BASE}/removed/{unit}/{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}{path}"
    os.makedirs(os.path.dirname(kept), mode=0o700, exist_ok=True)
    os.chmod(f"{BASE}/removed", 0o700)
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.copytree(path, kept, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(path, kept, follow_symlinks=False)


def require_system(plan):
    found = {}
    with open("/etc/os-release", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.strip().partition("=")
            found[name] = value.strip('"')
    system = f"{found.get('ID', 'unknown')} {found.get('VERSION_ID', 'unknown')}"
    if system not in plan["systems"]:
        raise Refused(f"the host's system: found {system}, allowed {', '.join(plan['systems'])}; nothing was done")
