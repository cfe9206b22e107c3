"""Part 2: one unit's change and the way back from it, on disk before anything is touched."""
import contextlib
import json
import os
import shutil
import time


class Transaction:
    """One unit's change: its old files and how to take back its steps, on disk before anything is touched."""

    def __init__(self, unit):
        self.unit, self.home = unit, f"{BASE}/units/{unit}"
        self.path = f"{self.home}/transaction"
        self.generation_path = f"{self.home}/generation.json"
        self.manifest = read_json(f"{self.path}/manifest.json")

    def generation(self):
        return read_json(self.generation_path) or {"hash": None, "files": [], "directories": []}

    def begin(self, digest, seconds):
        """Opens the transaction, once; arms the dead-man's switch first."""
        if self.manifest is None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.makedirs(self.path, mode=0o700)
            self.manifest = {"hash": digest, "state": "open", "entries": [], "undo": [], "seconds": seconds}
            self.arm("open")

    def save(self):
        write(f"{self.path}/manifest.json", json.dumps(self.manifest).encode())

    def arm(self, state):
        """Sets the deadline, from now, and a timer that takes the change back when it has passed; then the state.

        Killed in between, the change is still open and recovery takes it back. An older timer finds the deadline moved.
        """
        seconds = self.manifest["seconds"]
        self.manifest["deadline"] = time.clock_gettime(time.CLOCK_BOOTTIME) + (seconds or 0)
        self.save()
        if seconds:
            command(self.unit, ["systemd-run", "--quiet", "--collect", f"--unit=phiward-rollback-{self.unit}-{time.time_ns()}",
                                f"--on-active={seconds}", "--timer-property=AccuracySec=100ms", "--property=Restart=on-failure", "--property=RestartSec=1",
                                "/usr/bin/python3", "-I",
                                f"{BASE}/agent.py", "rollback", self.unit, self.manifest["hash"]])
        self.manifest["state"] = state
        self.save()

    def disarm(self):
        run(["systemctl", "stop", f"phiward-rollback-{self.unit}-*.timer"])

    def remember(self, paths):
        """Keeps the old state of these paths; they may be changed afterwards."""
        known = {entry["path"] for entry in self.manifest["entries"]}
        for path in paths:
            if path in known:
                continue
            number = len(self.manifest["entries"])
            entry = {"path": path, "kind": "absent"}
            if os.path.islink(path):
                entry = {"path": path, "kind": "link", "target": os.readlink(path)}
            elif os.path.isdir(path):
                found = os.stat(path)
                entry = {"path": path, "kind": "directory", "owner": [found.st_uid, found.st_gid], "mode": found.st_mode & 0o7777}
            elif os.path.exists(path):
                found = os.stat(path)
                shutil.copy2(path, f"{self.path}/{number}")
                os.chown(f"{self.path}/{number}", found.st_uid, found.st_gid)
                with open(f"{self.path}/{number}", "rb") as backup:
                    os.fsync(backup.fileno())
                entry = {"path": path, "kind": "file", "backup": number}
            self.manifest["entries"].append(entry)
        self.save()

    def undo_later(self, argv, how, stdin=None):
        self.manifest["undo"].append({"argv": argv, "how": how, "stdin": stdin})
        self.save()

    def restore(self, entry):
        path = entry["path"]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside(path))
        if entry["kind"] == "file":
            backup = f"{self.path}/{entry['backup']}"
            if not os.path.exists(backup):
                return  # this very roll-back was interrupted after it
            os.makedirs(os.path.dirname(path), exist_ok=True)
            try:
                os.replace(backup, path)  # needs no room on a full disk
            except OSError:
                shutil.copy2(backup, beside(path))
                os.chown(beside(path), os.stat(backup).st_uid, os.stat(backup).st_gid)
                os.replace(beside(path), path)
        elif entry["kind"] == "directory":
            os.makedirs(path, exist_ok=True)
            os.chown(path, *entry["owner"])
            os.chmod(path, entry["mode"])
        elif os.path.isdir(path) and not os.path.islink(path):
            with contextlib.suppress(OSError):
                os.rmdir(path)  # made by us; stays if somebody put something in
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            if entry["kind"] == "link":
                os.symlink(entry["target"], path)

    def roll_back(self, why, boot=False):
        """Puts the old files back, then takes back the steps. At boot files are enough: the rest went with the old kernel."""
        if self.manifest is None:
            shutil.rmtree(self.path, ignore_errors=True)
            return
        failed = []
        for entry in reversed(self.manifest["entries"]):
            try:
                self.restore(entry)
            except OSError as error:  # the others still count; the next try finds this one again
                failed.append(f"{entry['path']}: {error.strerror}")
        undo = [] if boot else self.manifest["undo"]
        taken_back = [step for step in reversed(undo) if step["how"] == "undo"]
        for step in taken_back + [step for step in undo if step["how"] == "again"]:
            with contextlib.suppress(Refused, OSError):  # the log has it; the others still count
                command(self.unit, step["argv"], step["stdin"])
        if failed:
            raise Refused(f"not everything could be put back: {'; '.join(failed)}")
        write(f"{self.home}/rolled-back.json", json.dumps({"hash": self.manifest["hash"], "why": why, "at": time.time()}).encode())
        log(self.unit, "rolled back:", why)
        self.close()

    def close(self):
        self.disarm()
        shutil.rmtree(self.path + ".closed", ignore_errors=True)
        os.replace(self.path, self.path + ".closed")
        shutil.rmtree(self.path + ".closed")
        self.manifest = None
