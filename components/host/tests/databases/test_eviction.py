"""Applications that have used up what all sessions of a server share are ended from outside."""

import os
import pathlib
import signal
import time
from unittest import mock

from phiward_host.common import docker
from phiward_host.common.errors import Failed
from phiward_host.databases import eviction
from phiward_host.databases.session import ClusterSession
from tests.fake_docker import DockerTest
from tests.fake_engine import FakeEngine

TITLES = {
    1: "postgres -c config_file=/etc/phiward/postgresql.conf",
    2: "postgres: checkpointer",
    3: "postgres: phiward_api api [local] COPY",
    4: "postgres: postgres postgres [local] idle in transaction",
    5: "postgres: api_e1 api 172.18.0.3(41234) SELECT",
    6: "postgres: api_e1 api 172.18.0.3(41235) idle in transaction",
    # Not logged in yet, by a name of its choice.
    7: "postgres: phiward_api api [local] idle api 172.18.0.3(41236) authentication",
    8: "postgres: postgres postgres fd00::3(41237) authentication",
    9: "psql --host=172.18.0.2(1)",
    10: "postgres: parallel worker for PID 5",
    11: "postgres: other_e1 other 172.18.0.4(5)",
}
ROOT_PID = 4711
FULL = "psql: error: connection to server on socket failed: FATAL:  out of shared memory\n"


class EvictionTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        self.ended: list[int] = []
        engine = FakeEngine({"GET /containers/db/json": {"State": {"Pid": ROOT_PID}}})
        for pid, words in TITLES.items():
            self._write(f"proc/{pid}/cmdline", words + "\0\0")
        self._write(f"proc/{ROOT_PID}/cgroup", "8:pids:/\n0::/system.slice/docker-1.scope\n")
        self._write("cgroups/system.slice/docker-1.scope/cgroup.procs", "".join(f"{pid}\n" for pid in [*TITLES, 99]))
        self.records: list[str] = []
        for patch in (
            mock.patch.object(docker, "ask", engine.ask),
            mock.patch.object(os, "kill", self.kill),
            mock.patch.object(eviction, "PAUSE_SECONDS", 0),
            mock.patch.object(eviction, "PROCESSES", f"{self.home}/proc"),
            mock.patch.object(eviction, "CGROUPS", f"{self.home}/cgroups"),
            mock.patch.object(eviction, "record", self.record),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        self.comes_back = False

    def _write(self, name: str, text: str) -> None:
        path = pathlib.Path(self.home, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def record(self, sentence: str) -> str:
        self.records.append(sentence)
        return sentence

    def kill(self, pid: int, number: int) -> None:
        self.assertEqual(number, signal.SIGTERM)
        self.ended.append(pid)
        # Gone when the next look comes.
        pathlib.Path(self.home, f"proc/{pid}/cmdline").unlink()
        if pid == 6:
            raise ProcessLookupError
        if not self.comes_back:
            self.answer("SELECT 1", "1\n")

    def test_all_sessions_from_the_network_are_ended_whatever_names_they_gave_and_no_other(self) -> None:
        self.answer("SELECT 1", code=2, err=FULL)
        self.assertEqual(ClusterSession("db").execute(["SELECT 1"]), ["1"])
        self.assertEqual(self.ended, [5, 6, 7, 8, 11])
        self.assertRegex("".join(self.records), "^db: 4 sessions of services were ended from outside: ")

    def test_who_comes_back_during_the_next_try_is_ended_as_well(self) -> None:
        def kill(pid: int, number: int) -> None:
            self.assertEqual(number, signal.SIGTERM)
            self.ended.append(pid)

        with mock.patch.object(os, "kill", kill), eviction.kept_out("db", []):
            while self.ended.count(5) < 4:
                time.sleep(0.01)
        self.assertEqual(len(self.records), 1)

    def test_it_ends_where_they_come_back_each_time(self) -> None:
        self.comes_back = True
        self.answer("SELECT 1", code=2, err="FATAL:  sorry, too many clients already")
        with self.assertRaisesRegex(Failed, "^db: psql exited with status 2: FATAL:  sorry, too many clients already"):
            ClusterSession("db").execute(["SELECT 1"])
        self.assertEqual(len(self.calls()), eviction.ATTEMPTS)

    def test_nobody_is_ended_for_another_error(self) -> None:
        self.answer("SELECT 1", code=3, err="ERROR:  syntax error")
        with self.assertRaises(Failed):
            ClusterSession("db").execute(["SELECT 1"])
        self.assertEqual((self.ended, self.records), ([], []))
