"""Part 3: the two repositories, on this host and off it."""
import contextlib
import datetime
import json
import os
import shlex
import subprocess
import time

NO_REPOSITORY, WRONG_PASSWORD, INCOMPLETE = 10, 12, 3
RETRY_LOCK = "45m"
READING = ("cat", "snapshots", "ls", "dump", "restore")


class Repository:
    """A restic repository, local or offsite."""

    def __init__(self, config, name):
        self.config, self.name = config, name
        self.password_file, self.descriptors = config["passwordFile"], ()

    def argv(self, *words):
        if self.name == "local":
            where = ["--repo", self.config["repository"]]
        else:
            where = ["--repo", "rclone:vault:", "--option", f"rclone.program={shlex.join(self.ssh())}", "--option", "rclone.args=serve restic --stdio"]
        # Reading needs no lock: nothing else of ours is under way, and what an intruder left as one must not keep a restore from its data.
        free = ["--no-lock"] if words[0] in READING else []
        return ["restic", *where, *free, "--password-file", self.password_file, "--retry-lock", RETRY_LOCK, "--cache-dir", "/var/cache/phiward/restic", *words]

    def ssh(self, *words):
        """One connection for a whole job: the vault's firewall counts connections."""
        vault = self.config["offsite"]
        options = {"BatchMode": "yes", "StrictHostKeyChecking": "yes", "UserKnownHostsFile": vault["knownHosts"], "GlobalKnownHostsFile": "/dev/null",
                   "HostKeyAlgorithms": "ssh-ed25519", "HostKeyAlias": "vault", "IdentitiesOnly": "yes", "IdentityFile": "/etc/ssh/ssh_host_ed25519_key",
                   "IdentityAgent": "none", "ControlPath": f"{RUN}/vault.ssh", "ConnectTimeout": "20", "ServerAliveInterval": "15",
                   "ServerAliveCountMax": "8", "LogLevel": "ERROR"}
        return ["ssh", "-F", "none", "-T", *(part for key, value in options.items() for part in ("-o", f"{key}={value}")),
                "-p", str(vault["port"]), "-l", vault["user"], vault["address"], *words]

    @contextlib.contextmanager
    def connected(self):
        """Holds the way to the repository open."""
        if self.name == "local":
            yield self
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{RUN}/vault.ssh")
        with open_log() as words:
            master = subprocess.Popen([*self.ssh()[:1], "-M", "-N", *self.ssh()[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=words, env=ENVIRONMENT, cwd="/")
        try:
            limit = time.monotonic() + 30
            while not os.path.exists(f"{RUN}/vault.ssh"):
                if master.poll() is not None or time.monotonic() > limit:
                    raise Refused(f"offsite: the vault {self.config['offsite']['address']} does not let this host in, or cannot be reached; "
                                  f"deploy the vault first, then see {LOG} on the host")
                time.sleep(0.05)
            yield self
        finally:
            master.terminate()
            master.wait()

    def call(self, *words, **more):
        return call(self.argv(*words), pass_fds=self.descriptors, **more)

    def must(self, what, *words, **more):
        return must(f"{self.name}: {what}", self.argv(*words), pass_fds=self.descriptors, **more)

    def state(self):
        """`open`, `missing` or `closed` (its password is another one)."""
        code, _ = self.call("cat", "config")
        if code not in (0, NO_REPOSITORY, WRONG_PASSWORD):
            advice = "; on the vault, systemctl start phiward-vault-check.service puts aside what an intruder may have left in it" if self.name == "offsite" else ""
            raise Refused(f"{self.name}: the repository cannot be opened (restic exited {code}); its words are in {LOG} on the host{advice}")
        return {0: "open", NO_REPOSITORY: "missing", WRONG_PASSWORD: "closed"}[code]

    def prepare(self):
        """Opens the repository, and makes it where there is none yet."""
        found = self.state()
        if found == "missing":
            if self.name == "local" and os.path.isdir(self.config["repository"]) and os.listdir(self.config["repository"]):
                os.rename(self.config["repository"], f"{self.config['repository']}.half-made-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
            self.must("the repository cannot be made", "init")
        elif found == "closed":
            raise Refused(self.closed())
        self.unlock()

    def unlock(self):
        """Removes what a killed job left. Here no other job is under way; at the vault, its own may be, and only old locks go."""
        self.must("stale locks cannot be removed", "unlock", *(["--remove-all"] if self.name == "local" else []))

    def require(self):
        found = self.state()
        if found == "missing":
            raise Refused(f"{self.name}: there is no repository yet; run make backup first")
        if found == "closed":
            raise Refused(self.closed())

    def closed(self):
        host = self.config["host"]
        if self.name == "local":
            return (f"local: the repository {self.config['repository']} has another password than this host; open it with "
                    "the password that was escrowed, or move it away")
        return (f"offsite: the vault holds backups of {host} under another password, so this is a new host: nothing was added to them. "
                f"Restore first, which adds this host's password: make restore HOST={host} WHAT=all FROM=offsite RECOVERY_KEY=file WHY=…")

    def snapshots(self):
        return json.loads(self.must("the snapshots cannot be listed", "snapshots", "--json", "--host", self.config["host"]))

    def run(self, wanted=None):
        """The newest complete run, or the one that `wanted` (id of a run or of one of its snapshots) names; with its manifest."""
        snapshots = self.snapshots()
        forged = from_future(snapshots, datetime.datetime.now(datetime.timezone.utc))
        runs = complete_runs([snapshot for snapshot in snapshots if snapshot["id"] not in forged])
        if wanted is not None:
            runs = [run for run in runs if tag(run["files"], "run") == wanted or any(s["id"].startswith(wanted) for s in run.values())]
        if not runs:
            raise Refused(f"{self.name}: found no complete backup{'' if wanted is None else f' {wanted}'}; list them with restic snapshots on the host")
        manifest = json.loads(self.must("the manifest cannot be read", "dump", runs[0]["files"]["id"], MANIFEST))
        if manifest["run"] != tag(runs[0]["files"], "run"):
            raise Refused(f"{self.name}: the manifest in snapshot {runs[0]['files']['id'][:8]} is another run's; choose another backup with SNAPSHOT=")
        return runs[0], manifest

    def save(self, run, part, *words):
        """Adds a snapshot; returns its summary, and whether all of it could be read."""
        code, out = self.call("backup", "--json", "--quiet", "--host", self.config["host"], "--tag", f"run={run}", "--tag", f"part={part}", *words)
        if code not in (0, INCOMPLETE):
            raise Refused(f"{self.name}: {part} cannot be saved (restic exited {code}); restic's words are in {LOG} on the host")
        summary = next((line for line in map(json.loads, out.splitlines()) if line.get("message_type") == "summary"), {})
        return summary, code == 0

    def forget(self, last, days):
        """Lets go of what retention no longer keeps."""
        snapshots = self.snapshots()
        early = from_future(snapshots, datetime.datetime.now(datetime.timezone.utc))
        if early:
            raise Refused(f"{self.name}: snapshot {early[0][:8]} is dated in the future, so nothing was let go; the backup itself is good. "
                          "Look after the clock, then remove that snapshot with restic forget")
        gone = surplus(snapshots, last, days)
        if gone:
            self.must("old backups cannot be let go", "forget", "--prune", "--quiet", *gone)
        return len(gone)
