"""The agent alone, on throw-away directories: what needs no host. Behaviour on real hosts is proven in test/host."""
import importlib.util
import json
import os
import pathlib
import tempfile
import unittest

PARTS = sorted((pathlib.Path(__file__).parents[4] / "components/host/agent").glob("*.py"))


def agent(base):
    """The agent as envelope.ts joins it, with its state under `base`."""
    os.environ["PHIWARD_BASE"] = base
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("agent", None))
    exec(compile("\n\n".join(part.read_text() for part in PARTS), "agent.py", "exec"), module.__dict__)
    module.lock_for_tests = os.path.join(base, "run")
    module.RUN = module.lock_for_tests
    module.run = lambda argv, stdin=None, timeout=0: (0, "", "")  # no timers: systemd is not here
    return module


class InDirectory(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = self.directory.name
        self.agent = agent(os.path.join(self.root, "state"))

    def path(self, name, text=None):
        path = os.path.join(self.root, name)
        if text is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            pathlib.Path(path).write_text(text)
        return path


class Judging(InDirectory):
    def test_each_expectation_can_hold_and_can_fail(self):
        rows = [
            ({"kind": "exit", "code": 0}, (0, "x"), (1, "x")),
            ({"kind": "exit", "code": 3}, (3, ""), (0, "")),
            ({"kind": "equals", "text": "a\nb"}, (0, "a\nb\n"), (0, "a\nbc")),
            ({"kind": "equals", "text": ""}, (0, "\n"), (1, "")),
            ({"kind": "oneOf", "texts": ["a", "b"]}, (0, "b\n"), (0, "a b")),
            ({"kind": "lines", "lines": ["Port 22"]}, (0, "x\nport 22\ny"), (0, "port 222")),
            ({"kind": "set", "lines": ["b", "a"]}, (0, "a\nb\n"), (0, "a\nb\nc")),
            ({"kind": "matches", "pattern": "^a.c$"}, (0, "x\nabc"), (0, "xabc")),
            ({"kind": "lacks", "pattern": "bad"}, (1, ""), (0, "a bad line")),
        ]
        for expect, good, bad in rows:
            with self.subTest(expect=expect):
                self.assertTrue(self.agent.judge(expect, *good))
                self.assertFalse(self.agent.judge(expect, *bad))

    def test_a_question_that_could_not_be_asked_never_passes(self):
        for expect in [{"kind": "lacks", "pattern": "x"}, {"kind": "equals", "text": ""}, {"kind": "matches", "pattern": ""}, {"kind": "lines", "lines": []}]:
            for code in (2, 124, 127, 255):
                self.assertFalse(self.agent.judge(expect, code, ""), (expect, code))

    def test_an_unknown_expectation_is_refused(self):
        with self.assertRaises(self.agent.Refused):
            self.agent.judge({"kind": "hopes"}, 0, "")


class Versions(InDirectory):
    def text(self, answer):
        self.agent.run = lambda argv, stdin=None, timeout=0: (0, "", answer)
        return self.agent.version_text({
            "argv": ["ssh", "-V"], "pattern": "OpenSSH_(\\d+)\\.(\\d+)", "otherwise": "oldest",
            "cases": [{"atLeast": [9, 9], "text": "new"}, {"atLeast": [8, 5], "text": "middle"}]})

    def test_the_newest_text_that_the_version_reaches(self):
        rows = {"OpenSSH_10.0p2": "new", "OpenSSH_9.9p1": "new", "OpenSSH_9.10p1": "new", "OpenSSH_9.2p1": "middle", "OpenSSH_8.5": "middle", "OpenSSH_8.4p1": "oldest"}
        for answer, text in rows.items():
            self.assertEqual(self.text(answer), text, answer)

    def test_an_unknown_version_gets_the_oldest_safe_text(self):
        for answer in ("", "dropbear", "OpenSSH_next"):
            self.assertEqual(self.text(answer), "oldest")


class Transactions(InDirectory):
    def change(self):
        """Changes a file, removes one, makes one, replaces a link; returns what was there before."""
        kept = self.path("etc/kept.conf", "old")
        gone = self.path("etc/gone.conf", "precious")
        link = self.path("etc/link")
        made = self.path("etc/made.conf")
        os.symlink("kept.conf", link)
        os.chmod(gone, 0o640)
        transaction = self.agent.Transaction("unit")
        transaction.begin("digest", None)
        transaction.remember([kept, gone, link, made])
        self.agent.write(kept, b"new")
        os.unlink(gone)
        os.unlink(link)
        self.agent.write(made, b"made")
        return kept, gone, link, made

    def assert_old(self, kept, gone, link, made):
        self.assertEqual(pathlib.Path(kept).read_text(), "old")
        self.assertEqual(pathlib.Path(gone).read_text(), "precious")
        self.assertEqual(os.stat(gone).st_mode & 0o777, 0o640)
        self.assertEqual(os.readlink(link), "kept.conf")
        self.assertFalse(os.path.exists(made))
        self.assertEqual(sorted(os.listdir(os.path.join(self.root, "etc"))), ["gone.conf", "kept.conf", "link"])

    def test_a_roll_back_restores_content_mode_links_and_absence(self):
        paths = self.change()
        self.agent.Transaction("unit").roll_back("test")
        self.assert_old(*paths)
        self.assertFalse(os.path.exists(self.agent.Transaction("unit").path))

    def test_a_roll_back_that_was_itself_interrupted_is_finished_by_the_next(self):
        for interrupted_after in range(4):
            with self.subTest(interrupted_after=interrupted_after):
                self.setUp()
                paths = self.change()
                first = self.agent.Transaction("unit")
                for entry in list(reversed(first.manifest["entries"]))[:interrupted_after]:
                    first.restore(entry)
                self.agent.Transaction("unit").roll_back("test")
                self.assert_old(*paths)

    def test_staged_files_of_an_interrupted_swap_are_cleared_away(self):
        paths = self.change()
        self.agent.stage_beside(paths[0], b"half", (os.getuid(), os.getgid()), 0o644)
        self.agent.Transaction("unit").roll_back("test")
        self.assert_old(*paths)

    def test_steps_are_taken_back_in_reverse_and_reloads_come_last_in_order(self):
        ran = []
        self.agent.run = lambda argv, stdin=None, timeout=0: (ran.append((argv[0], stdin)), (0, "", ""))[1]
        transaction = self.agent.Transaction("unit")
        transaction.begin("digest", None)
        transaction.undo_later(["reload-1"], "again")
        transaction.undo_later(["undo-1"], "undo", "saved")
        transaction.undo_later(["reload-2"], "again")
        transaction.undo_later(["undo-2"], "undo")
        ran.clear()
        transaction.roll_back("test")
        self.assertEqual([entry for entry in ran if entry[0] != "systemctl"], [("undo-2", None), ("undo-1", "saved"), ("reload-1", None), ("reload-2", None)])

    def test_at_boot_files_are_restored_and_no_step_is_run(self):
        paths = self.change()
        ran = []
        self.agent.run = lambda argv, stdin=None, timeout=0: (ran.append(argv[0]), (0, "", ""))[1]
        transaction = self.agent.Transaction("unit")
        transaction.undo_later(["undo"], "undo")
        transaction.roll_back("test", boot=True)
        self.assert_old(*paths)
        self.assertNotIn("undo", ran)


class Switch(InDirectory):
    def test_killed_before_the_new_timer_runs_a_change_is_still_open_so_that_recovery_takes_it_back(self):
        transaction = self.agent.Transaction("unit")
        transaction.begin("digest", 20)

        def killed(*_, **__):
            raise KeyboardInterrupt

        self.agent.command = killed
        with self.assertRaises(KeyboardInterrupt):
            transaction.arm("applied")
        self.assertEqual(self.agent.Transaction("unit").manifest["state"], "open")

    def test_a_roll_back_of_drift_is_remembered_although_the_generation_stays(self):
        home = os.path.join(self.agent.BASE, "units/unit")
        os.makedirs(home)
        pathlib.Path(home, "generation.json").write_text(json.dumps({"hash": "same", "files": [], "directories": []}))
        transaction = self.agent.Transaction("unit")
        transaction.begin("same", None)
        transaction.roll_back("test")
        with self.assertRaisesRegex(self.agent.Refused, "was taken back or never made"):
            self.agent.confirm(["unit", "same"])


class Confirming(InDirectory):
    def applied(self, digest):
        home = os.path.join(self.agent.BASE, "units/unit")
        os.makedirs(home, exist_ok=True)
        pathlib.Path(home, "generation.json").write_text(json.dumps({"hash": digest, "files": [], "directories": []}))

    def test_the_live_generation_is_confirmed_and_its_way_back_is_closed(self):
        self.applied("new")
        self.agent.Transaction("unit").begin("new", None)
        self.assertEqual(self.agent.confirm(["unit", "new"])["status"], "confirmed")
        self.assertIsNone(self.agent.Transaction("unit").manifest)

    def test_another_generation_is_refused_also_when_nothing_is_pending(self):
        self.applied("old")
        with self.assertRaisesRegex(self.agent.Refused, "was taken back or never made"):
            self.agent.confirm(["unit", "new"])
        with self.assertRaisesRegex(self.agent.Refused, "was taken back or never made"):
            self.agent.confirm(["never-applied", "new"])


class Differences(InDirectory):
    def plan(self, **parts):
        return {"unit": "unit", "files": [], "directories": [], "absent": [], "sets": [], "kept": [], "leavesFormerFiles": False, **parts}

    def test_an_exclusive_directory_loses_what_is_not_declared_but_for_what_is_kept(self):
        for name in ("declared", "README", "stranger", "nested/deep"):
            self.path(f"etc/d/{name}", "x")
        me = f"{self.agent.pwd.getpwuid(os.getuid()).pw_name}:{self.agent.grp.getgrgid(os.getgid()).gr_name}"
        plan = self.plan(
            directories=[{"path": self.path("etc/d"), "owner": me, "mode": "0755", "exclusive": {"noun": "rule", "keep": ["README"]}}],
            files=[{"path": self.path("etc/d/declared"), "owner": me, "mode": "0644", "content": {"text": "x"}}])
        gone = self.agent.difference(plan, {})["gone"]
        self.assertEqual(gone, [("rule", self.path("etc/d/nested")), ("rule", self.path("etc/d/stranger"))])

    def test_a_path_that_is_gone_for_two_reasons_is_named_once(self):
        stranger = self.path("etc/d/stranger", "x")
        home = os.path.join(self.agent.BASE, "units/unit")
        os.makedirs(home)
        pathlib.Path(home, "generation.json").write_text(json.dumps({"hash": "h", "files": [stranger], "directories": []}))
        plan = self.plan(absent=[{"noun": "key", "glob": self.path("etc/d/*")}])
        self.assertEqual([path for _, path in self.agent.difference(plan, {})["gone"]], [stranger])

    def test_members_of_a_set_are_found_in_groups_of_any_length(self):
        pattern = "(?:^[^:]+:[^:]*:[0-9]+:|,)([^,\\s]+)"
        for line, members in (("sudo:x:27:", []), ("sudo:x:27:a", ["a"]), ("sudo:x:27:a,b,c", ["a", "b", "c"])):
            self.agent.run = lambda argv, stdin=None, timeout=0, line=line: (0, line + "\n", "")
            plan = self.plan(sets=[{"list": ["x"], "pattern": pattern, "keep": ["b"], "noun": "member"}])
            self.assertEqual([member for _, member in self.agent.difference(plan, {})["members"]], [name for name in members if name != "b"])

    def test_a_secret_that_was_not_handed_over_is_refused_by_its_name(self):
        plan = self.plan(files=[{"path": "/nowhere", "owner": "root:root", "mode": "0600", "content": {"secret": "token"}}])
        with self.assertRaisesRegex(self.agent.Refused, "its secret token was not handed over"):
            self.agent.difference(plan, {})

    def test_a_file_of_an_earlier_plan_stays_where_another_unit_retires_it(self):
        former = self.path("etc/secret.1", "x")
        home = os.path.join(self.agent.BASE, "units/unit")
        os.makedirs(home)
        pathlib.Path(home, "generation.json").write_text(json.dumps({"hash": "h", "files": [former], "directories": []}))
        self.assertEqual(self.agent.difference(self.plan(leavesFormerFiles=True), {})["gone"], [])
        self.assertEqual([path for _, path in self.agent.difference(self.plan(), {})["gone"]], [former])


class KeptSecrets(InDirectory):
    def plan(self, epoch=1, recipients=()):
        me = f"{os.getuid()}:{os.getgid()}"
        kept = {"id": "db-api", "epoch": epoch}
        return {"unit": "unit", "kept": [{**kept, "length": 43, "recipients": list(recipients)}], "made": [], "directories": [], "absent": [], "sets": [],
                "leavesFormerFiles": True,
                "files": [{"path": self.path("url"), "owner": me, "mode": "0400", "content": {"kept": {**kept, "template": "postgresql://api:{}@db"}}}]}

    def stored(self, name):
        return pathlib.Path(self.agent.BASE, "secrets", name).read_text()

    def test_a_secret_is_made_once_and_a_file_is_told_it(self):
        plan = self.plan()
        self.assertEqual(self.agent.keep_secrets(plan), ["secret db-api.1"])
        value = self.stored("db-api.1")
        self.assertRegex(value, "^[a-zA-Z2-9]{43}$")
        self.assertEqual(self.agent.keep_secrets(plan), [])
        self.assertEqual(self.stored("db-api.1"), value)
        self.assertEqual(self.agent.difference(plan, {})["files"][0][1].decode(), f"postgresql://api:{value}@db")
        self.assertEqual(os.stat(os.path.join(self.agent.BASE, "secrets/db-api.1")).st_mode & 0o777, 0o600)

    def test_a_new_epoch_is_another_secret_and_leaves_the_old_one(self):
        self.agent.keep_secrets(self.plan())
        old = self.stored("db-api.1")
        self.assertEqual(self.agent.keep_secrets(self.plan(epoch=2)), ["secret db-api.2"])
        self.assertEqual(self.stored("db-api.1"), old)
        self.assertNotEqual(self.stored("db-api.2"), old)

    def test_a_secret_is_escrowed_before_it_is_there_and_again_for_other_recipients(self):
        sealed = []

        def run(argv, stdin=None, timeout=0):
            if argv[0] == "age":
                sealed.append((argv[3:], stdin, os.path.exists(os.path.join(self.agent.BASE, "secrets/db-api.1"))))
            return 0, "sealed", ""

        self.agent.run = run
        self.agent.keep_secrets(self.plan(recipients=["age1owner"]))
        value = self.stored("db-api.1")
        self.assertEqual(sealed, [(["age1owner"], value + "\n", False)])
        self.agent.keep_secrets(self.plan(recipients=["age1owner"]))
        self.assertEqual(len(sealed), 1)
        self.agent.keep_secrets(self.plan(recipients=["age1owner", "age1vault"]))
        self.assertEqual(sealed[1][:2], (["age1owner", "--recipient", "age1vault"], value + "\n"))
        self.assertEqual(self.stored("db-api.1"), value)

    def test_a_file_whose_secret_is_missing_names_it_and_not_its_content(self):
        with self.assertRaisesRegex(self.agent.Refused, "its secret db-api of epoch 1 is not kept on this host"):
            self.agent.difference(self.plan(), {})
        self.assertEqual(self.agent.difference(self.plan(), {}, installed=False)["files"], [])


class Reports(InDirectory):
    def answer(self, path):
        plan = {"unit": "unit", "files": [], "directories": [], "made": [], "kept": [], "deadManSeconds": None, "reports": [{"id": "key", "path": path}]}
        return self.agent.Apply(plan, {}, "digest").commit()

    def test_an_apply_tells_the_public_values_that_were_made_on_the_host(self):
        self.assertEqual(self.answer(self.path("key.pub", "ssh-ed25519 AAAA comment\n"))["reports"], {"key": "ssh-ed25519 AAAA comment"})

    def test_an_apply_without_the_value_leaves_no_generation(self):
        with self.assertRaises(FileNotFoundError):
            self.answer(self.path("missing"))
        self.assertIsNone(self.agent.Transaction("unit").generation()["hash"])


if __name__ == "__main__":
    unittest.main()
