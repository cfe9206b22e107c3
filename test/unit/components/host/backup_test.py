"""The pure parts of the backup program: retention, comparison, and what a request may ask."""
import datetime
import hashlib
import importlib.util
import json
import os
import pathlib
import sys
import tempfile
import unittest

ROOMS = pathlib.Path(__file__).parents[4] / "components/backup"


def joined(name, *paths):
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, None))
    exec(compile("\n\n".join(path.read_text() for path in paths), name, "exec"), module.__dict__)
    return module


BACKUP = joined("backup", *sorted((ROOMS / "backup/host").glob("*.py")))
KEEPER = joined("keeper", *sorted((ROOMS / "backup/host").glob("*.py"))[:2], ROOMS / "vault/host/keeper.py")
DOOR = joined("door", ROOMS / "vault/host/door.py")
NOW = datetime.datetime(2026, 11, 23, tzinfo=datetime.timezone.utc)


def snapshot(identity, days_ago, run, part):
    when = NOW - datetime.timedelta(days=days_ago)
    return {"id": identity, "time": when.isoformat().replace("+00:00", "123456789Z") if "." in when.isoformat() else when.isoformat(), "tags": [f"run={run}", f"part={part}"]}


def run(name, days_ago):
    return [snapshot(f"{name}-db", days_ago, name, "db/api"), snapshot(f"{name}-files", days_ago, name, "files")]


class Retention(unittest.TestCase):
    def test_keeps_what_is_young_and_the_last_complete_runs(self):
        snapshots = run("new", 0) + run("young", 20) + run("old", 40) + run("older", 50)
        self.assertEqual(BACKUP.surplus(snapshots, 1, 30), ["old-db", "old-files", "older-db", "older-files"])
        self.assertEqual(BACKUP.surplus(snapshots, 3, 30), ["older-db", "older-files"])
        self.assertEqual(BACKUP.surplus(snapshots, 4, 1), [])

    def test_does_not_count_a_run_without_its_files_as_one_of_the_last(self):
        broken = [snapshot(f"broken-{day}", 40 + day, f"b{day}", "db/api") for day in range(5)]
        self.assertEqual(BACKUP.surplus(run("new", 0) + broken + run("good", 60), 2, 30), [entry["id"] for entry in broken])

    def test_lets_nothing_go_while_no_backups_are_made(self):
        self.assertEqual(BACKUP.surplus(run("only", 400) + run("before", 420), 1, 30), [])

    def test_lets_nothing_go_of_nothing(self):
        self.assertEqual(BACKUP.surplus([], 1, 1), [])

    def test_notices_what_is_dated_in_the_future_and_bears_a_clock_that_is_a_little_fast(self):
        self.assertEqual(BACKUP.from_future(run("now", 0) + run("fast", -0.02), NOW), [])
        self.assertEqual(BACKUP.from_future(run("evil", -1), NOW), ["evil-db", "evil-files"])

    def test_reads_the_times_that_restic_writes(self):
        self.assertEqual(BACKUP.taken({"time": "2026-11-23T06:54:18.091595866Z"}).year, 2026)
        self.assertEqual(BACKUP.taken({"time": "2026-11-23T06:54:18+01:00"}).utcoffset().seconds, 3600)

    def test_a_snapshot_added_to_a_run_later_does_not_replace_its_own(self):
        forged = snapshot("forged", 1, "good", "db/api")
        self.assertEqual(BACKUP.complete_runs(run("good", 5) + [forged])[0]["db/api"]["id"], "good-db")


class Comparison(unittest.TestCase):
    def manifest(self, **tables):
        return {"tables": tables, "largeObjects": 0}

    def test_says_nothing_of_equals(self):
        self.assertEqual(BACKUP.differences(self.manifest(a=[1, "7"]), self.manifest(a=[1, "7"])), [])

    def test_names_each_difference_once_and_no_content(self):
        expected = self.manifest(gone=[1, "1"], rows=[2, "5"], content=[3, "9"])
        found = self.manifest(more=[0, "0"], rows=[1, "4"], content=[3, "8"])
        self.assertEqual(BACKUP.differences(expected, {**found, "largeObjects": 2}), [
            "table gone: missing", "table more: not in the backup's manifest", "table content: 3 rows, but other content than was backed up",
            "table rows: found 1 rows, backed up were 2", "found 2 large objects, backed up were 0"])


class Freshness(unittest.TestCase):
    config = {"offsite": {"user": "vault-web"}, "limits": {"backup": 3600, "check": 3600, "restore-test": 3600}}

    def test_names_every_job_that_is_missing_or_late(self):
        good = {"at": "2026-11-22T23:30:00Z"}
        status = {"local": {"backup": good, "check": good, "restore-test": good}, "offsite": {"backup": {"at": "2026-11-22T22:00:00Z"}, "check": good}}
        self.assertEqual(BACKUP.stale(self.config, status, NOW), [
            "offsite: the last good backup was at 2026-11-22T22:00:00Z, more than 1 h ago", "offsite: no good restore-test yet"])
        self.assertEqual(len(BACKUP.stale({**self.config, "offsite": None}, {}, NOW)), 3)


class Requests(unittest.TestCase):
    config = {"offsite": None, "databases": [{"service": "db", "names": ["api"]}]}

    def judge(self, **request):
        return BACKUP.judge_request(self.config, {"who": "alice", "why": "lost", "from": "local", "what": "all", **request})

    def test_understands_all_database_and_file(self):
        self.assertEqual(self.judge(), ({"api": "db"}, None))
        self.assertEqual(self.judge(what="database:api"), ({"api": "db"}, []))
        self.assertEqual(self.judge(what="file:/srv/a b.txt"), ({}, ["/srv/a b.txt"]))

    def test_refuses_what_makes_no_sense_and_says_what_is_allowed(self):
        for request, words in [({"why": " "}, "WHY"), ({"who": None}, "WHO"), ({"from": "offsite"}, "FROM"), ({"what": "database:x"}, "database:api"),
                               ({"what": "file:/a/../b"}, "WHAT"), ({"what": "file:/a*"}, "WHAT"), ({"what": "file:a"}, "WHAT"), ({"what": "all:x"}, "WHAT"),
                               ({"into": "/x"}, "INTO"), ({"what": "database:api", "into": "/x"}, "INTO")]:
            with self.subTest(request=request), self.assertRaisesRegex(BACKUP.Refused, words):
                self.judge(**request)


class Placing(unittest.TestCase):
    def test_keeps_what_it_replaces_leaves_alone_what_is_the_same_and_can_be_run_again(self):
        with tempfile.TemporaryDirectory() as root:
            new, there, aside = (pathlib.Path(root) / name for name in ("new", "there", "aside"))
            for path, text in [(new / "same", "s"), (new / "changed", "good"), (new / "inner/made", "m"), (there / "same", "s"), (there / "changed", "bad"), (there / "extra", "e")]:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            (new / "link").symlink_to("same")
            before = (there / "same").stat().st_ino
            self.assertEqual(BACKUP.place(str(new), str(there), str(aside)), 3)
            self.assertEqual([(there / name).read_text() for name in ("same", "changed", "inner/made", "extra", "link")], ["s", "good", "m", "e", "s"])
            self.assertEqual((there / "same").stat().st_ino, before)
            self.assertEqual(pathlib.Path(f"{aside}{there}/changed").read_text(), "bad")
            self.assertEqual(BACKUP.place(str(new), str(there), str(aside)), 0)

    def test_leaves_pipes_alone_on_either_side(self):
        with tempfile.TemporaryDirectory() as root:
            new, there = (pathlib.Path(root) / name for name in ("new", "there"))
            for directory in (new, there):
                directory.mkdir()
            os.mkfifo(new / "pipe")
            (new / "file").write_text("good")
            os.mkfifo(there / "file")
            self.assertEqual(BACKUP.place(str(new), str(there), f"{root}/aside"), 1)
            self.assertEqual((there / "file").read_text(), "good")

    def test_a_link_in_a_volume_bends_the_way_and_one_before_it_does_not(self):
        with tempfile.TemporaryDirectory() as root:
            volume = pathlib.Path(root) / "disk/volume"
            (volume / "real").mkdir(parents=True)
            (volume / "link").symlink_to("/etc")
            (pathlib.Path(root) / "way").symlink_to("disk")
            for start in (str(volume), f"{root}/way/volume"):
                paths = [start, f"{start}/file", f"{start}/real/file", f"{start}/link/passwd"]
                self.assertEqual(BACKUP.bent(paths, [start]), [f"{start}/link/passwd"])
                self.assertEqual(BACKUP.bent(paths, []), [])


class Vault(unittest.TestCase):
    def test_knows_strangers_by_name_and_by_checksum_and_waits_for_what_is_being_brought(self):
        with tempfile.TemporaryDirectory() as root:
            content = b"index"
            good, wrong, young = hashlib.sha256(content).hexdigest(), "0" * 64, "1" * 64
            for path in ("config", f"index/{good}", f"index/{wrong}", f"keys/{young}", f"data/ab/{wrong}", f"data/ab/{good}-tmp-1", "shell.sh", "index/x"):
                file = pathlib.Path(root) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                os.utime(file, (1000, 1000))
            os.utime(pathlib.Path(root) / f"keys/{young}", (5000, 5000))
            self.assertEqual(sorted(KEEPER.strangers(root, 5100)), [f"index/{wrong}", "index/x", "shell.sh"])


class Door(unittest.TestCase):
    def seal(self, home, data):
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            stdin, sys.stdin = sys.stdin, open(file.fileno(), closefd=False)
            try:
                return DOOR.seal(home)
            finally:
                sys.stdin = stdin

    def test_keeps_each_sealed_password_once_and_replaces_none(self):
        with tempfile.TemporaryDirectory() as home:
            first, second = DOOR.HEADER + b"a", DOOR.HEADER + b"b"
            for data in (first, second, first):
                self.assertIsNone(self.seal(home, data))
            self.assertEqual(sorted(path.read_bytes() for path in pathlib.Path(home, "sealed").iterdir()), [first, second])

    def test_takes_nothing_else_and_not_too_much(self):
        with tempfile.TemporaryDirectory() as home:
            for data in (b"", b"plain", DOOR.HEADER + b"x" * DOOR.MOST_BYTES):
                self.assertIsNotNone(self.seal(home, data))
            for number in range(DOOR.MOST_FILES):
                self.assertIsNone(self.seal(home, DOOR.HEADER + str(number).encode()))
            self.assertIn("already", self.seal(home, DOOR.HEADER + b"one more"))


if __name__ == "__main__":
    unittest.main()
