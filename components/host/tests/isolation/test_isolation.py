import os
import pathlib
import subprocess
from collections.abc import Sequence

from phiward_host.common import files, isolated, paths, process
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.isolated import SIZE, Standing
from phiward_host.common.process import Completed
from phiward_host.isolation import acts, groups, held, orders, table
from tests.support import OK, InDirectory, OnDisk, answering

ID = "a" * 64


class IsolationTest(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.loaded = False
        self.fails = False
        self.systemctl: list[Sequence[str]] = []
        rules = self.path("isolation.nft")
        pathlib.Path(rules).write_text("table inet phiward_isolation {}\n", encoding="ascii")
        self.patch(table, "RULES", rules)
        self.patch(held, "DROP_INS", self.path("units"))
        proc = pathlib.Path(self.path("proc"))
        proc.mkdir()
        self.patch(groups, "PROC", proc)
        self.patch(groups, "MOUNTS", pathlib.Path(self.path("cgroup")))
        self.patch(process, "run", answering(self.answer))

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        if argv[0] == "nft":
            if self.fails:
                return Completed(1, "", "")
            if argv[1] == "list":
                return OK if self.loaded else Completed(1, "", "")
            self.loaded = "delete table" not in (stdin or "")
            return OK
        self.systemctl.append(argv)
        return Completed(1, "", "") if "is-enabled" in argv else OK

    def container(self, freezer: bool = True) -> pathlib.Path:
        process_directory = groups.PROC / "12"
        process_directory.mkdir()
        row = f"5:freezer:/docker/{ID}\n" if freezer else f"5:pids:/docker/{ID}\n"
        (process_directory / "cgroup").write_text(row, encoding="ascii")
        (process_directory / "stat").write_text("12 (a) b) S 1", encoding="ascii")
        state = groups.MOUNTS / "freezer/docker" / ID
        state.mkdir(parents=True)
        (state / "freezer.state").write_text("THAWED", encoding="ascii")
        return state / "freezer.state"

    def test_isolates_and_brings_back(self) -> None:
        isolated.prepare()
        state = self.container()
        answer = acts.isolate("alice", "a trial", 10.0, "SSH")
        self.assertEqual(
            (answer["again"], answer["frozen"], answer["lasting"], answer["notDone"]), (False, 1, True, [])
        )
        self.assertTrue(self.loaded and isolated.is_isolated())
        self.assertEqual(state.read_text(encoding="ascii"), "FROZEN")
        self.assertIn(
            "ConditionPathExists=!", files.read_text(self.path("units/docker.service.d/50-phiward-isolated.conf"))
        )
        with self.assertRaisesRegex(Refused, r"isolated since .* by alice: a trial"):
            isolated.require_open("the agent")
        back = acts.unisolate("alice", "over", 20.0, "SSH")
        self.assertEqual((back["again"], back["thawed"], back["notDone"]), (False, 1, []))
        self.assertFalse(self.loaded or isolated.is_isolated())
        self.assertEqual(state.read_text(encoding="ascii"), "THAWED")
        self.assertTrue(held.is_free())
        self.assertEqual(os.listdir(self.path("units")), [])
        isolated.require_open("the agent")

    def test_twice_does_no_harm(self) -> None:
        acts.isolate("alice", "first", 10.0, "SSH")
        again = acts.isolate("bob", "second", 11.0, "SSH")
        self.assertEqual((again["again"], again["who"], again["why"]), (True, "alice", "first"))
        acts.unisolate("bob", "over", 12.0, "SSH")
        self.assertTrue(acts.unisolate("bob", "over", 13.0, "SSH")["again"])
        self.assertFalse(self.loaded)

    def test_needs_no_room_once_it_is_prepared(self) -> None:
        isolated.prepare()

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        self.patch(files, "write", full)
        self.assertTrue(isolated.mark(Standing(1.0, "alice", "w" * 300)))
        self.assertEqual(isolated.standing().who, "alice")
        found = files.status(f"{isolated.directory()}/isolated")
        self.assertEqual(found.st_size if found else 0, SIZE)

    def test_is_taken_back_where_the_firewall_does_not_take_it(self) -> None:
        isolated.prepare()
        self.fails = True
        with self.assertRaisesRegex(Failed, "the host is not isolated"):
            acts.isolate("alice", "a trial", 10.0, "SSH")
        self.assertFalse(isolated.is_isolated())

    def test_is_finished_where_it_was_cut_off(self) -> None:
        isolated.prepare()
        isolated.mark(Standing(1.0, "alice", "cut"))
        self.assertEqual(acts.settle(), [])
        self.assertTrue(self.loaded and held.is_held())
        # The other way round: the mark is gone, the rest is there.
        isolated.unmark(Standing())
        self.assertEqual(acts.settle(), [])
        self.assertFalse(self.loaded)
        self.assertTrue(held.is_free())

    def test_a_paused_container_stays_paused(self) -> None:
        state = self.container()
        state.write_text("FROZEN", encoding="ascii")
        acts.isolate("alice", "a trial", 10.0, "SSH")
        acts.unisolate("alice", "over", 20.0, "SSH")
        self.assertEqual(state.read_text(encoding="ascii"), "FROZEN")

    def test_a_damaged_record_still_isolates(self) -> None:
        isolated.prepare()
        isolated.mark(Standing(1.0, "alice", "cut"))
        files.patch(f"{isolated.directory()}/isolated", 0, b"\0" * SIZE)
        self.assertTrue(isolated.is_isolated())
        self.assertIn("damaged", isolated.standing().words)


class OrdersTest(OnDisk):
    def setUp(self) -> None:
        super().setUp()
        for name in ("host", "alice", "bob"):
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(name)]
            subprocess.run(argv, check=True)
        self.patch(paths, "HOST_KEY", self.path("host"))
        self.patch(orders, "SIGNERS", self.path("signers"))
        key = self.public("alice")
        pathlib.Path(self.path("signers")).write_text(f'alice namespaces="phiward-isolation" {key}\n', encoding="ascii")

    def public(self, name: str) -> str:
        return " ".join(pathlib.Path(self.path(f"{name}.pub")).read_text(encoding="ascii").split()[:2])

    def text(self, **said: str) -> str:
        lines = {
            "host": "web",
            "host key": self.public("host"),
            "what": "isolate",
            "why": "SSH does not answer",
            "who": "alice",
            "at": "2026-01-01T10:00:00.000Z",
            "until": "2026-01-01T11:00:00.000Z",
            "nonce": "0" * 32,
            **{name.replace("_", " "): value for name, value in said.items()},
        }
        return "An order to a host\n" + "".join(f"{name}: {value}\n" for name, value in lines.items())

    def signed(self, text: str, by: str = "alice", namespace: str = "phiward-isolation") -> str:
        argv = ["ssh-keygen", "-Y", "sign", "-f", self.path(by), "-n", namespace]
        return subprocess.run(argv, input=text, capture_output=True, text=True, check=True).stdout

    def judged(self, text: str, signature: str, now: float = 1767261660.0) -> orders.Order | None:
        return orders.judged("web", text, signature, now)

    def test_counts_once_before_its_end(self) -> None:
        text = self.text()
        signature = self.signed(text)
        order = self.judged(text, signature)
        self.assertEqual(order and (order.what, order.who), ("isolate", "alice"))
        self.assertIsNone(self.judged(text, signature, 1767265300.0))
        isolated.prepare()
        isolated.note(Standing(last=1767261600.0))
        self.assertIsNone(self.judged(text, signature))

    def test_refuses_what_does_not_count(self) -> None:
        text = self.text()
        cases = {
            "signed by who gives it": [
                (text, self.signed(text, "bob")),
                (text, self.signed(text, namespace="phiward-restore")),
                (text, self.signed(self.text(why="another"))),
                (self.text(who="bob"), self.signed(self.text(who="bob"))),
            ],
            "another host": [(self.text(host="lab"), ""), (self.text(host_key=self.public("bob")), "")],
            "another form": [(f"{text}more\n", ""), ("", ""), (self.text(at="now"), "")],
            "nobody orders so": [(self.text(what="reboot"), "")],
            "another time": [(self.text(until="2026-02-01T11:00:00.000Z"), "")],
        }
        for words, given in cases.items():
            for order, signature in given:
                with self.subTest(words), self.assertRaisesRegex((Refused, Failed), words):
                    self.judged(order, signature)
