"""Applications that have used up what all sessions of a server share are ended from outside."""

import os
import signal
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
FULL = "psql: error: connection to server on socket failed: FATAL:  out of shared memory\n"


class EvictionTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        self.ended: list[int] = []
        engine = FakeEngine(
            {"GET /containers/db/top?": {"Processes": [[str(pid), *words.split()] for pid, words in TITLES.items()]}}
        )
        self.records: list[str] = []
        for patch in (
            mock.patch.object(docker, "ask", engine.ask),
            mock.patch.object(os, "kill", self.kill),
            mock.patch.object(eviction, "PAUSE_SECONDS", 0),
            mock.patch.object(eviction, "record", self.record),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        self.comes_back = False

    def record(self, sentence: str) -> str:
        self.records.append(sentence)
        return sentence

    def kill(self, pid: int, number: int) -> None:
        self.assertEqual(number, signal.SIGTERM)
        self.ended.append(pid)
        if pid == 6:
            raise ProcessLookupError
        if not self.comes_back:
            self.answer("SELECT 1", "1\n")

    def test_all_sessions_from_the_network_are_ended_whatever_names_they_gave_and_no_other(self) -> None:
        self.answer("SELECT 1", code=2, err=FULL)
        self.assertEqual(ClusterSession("db").execute(["SELECT 1"]), ["1"])
        self.assertEqual(self.ended, [5, 6, 7, 8, 11])
        self.assertRegex("".join(self.records), "^db: 4 sessions of services were ended from outside: ")

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
