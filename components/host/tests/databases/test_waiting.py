"""What an owner holds in its database costs its own part, and by name."""

import json
import os
import pathlib
import time
from unittest import mock

from phiward_host.common.errors import Failed
from phiward_host.databases import waiting
from phiward_host.databases.session import APPLICATION_NAME, ApplicationSession, ClusterSession
from phiward_host.databases.waiting import Limits, limited
from tests.fake_docker import DockerTest

API = ApplicationSession("db", "api")
HOLDER = "77 of api_e1 (idle in transaction, its transaction is 840 s old)"


class LimitedTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch.object(waiting, "WATCH_SECONDS", 0.05)
        patch.start()
        self.addCleanup(patch.stop)

    def waits(self, *rows: dict[str, object]) -> None:
        """What sessions of ours wait for, as PostgreSQL answers."""
        self.answers = []
        self.answer("pg_blocking_pids", json.dumps(rows))
        self.answer("pg_terminate_backend", "1\n")
        self.answer("relnamespace", "public.notes\n")

    def work(self, limits: Limits, session: ApplicationSession | ClusterSession = API) -> None:
        """Work that goes on until its session is ended."""
        with limited(session, limits):
            limit = time.monotonic() + 60
            while time.monotonic() < limit:
                if self.is_ended():
                    raise Failed("psql exited with status 2")
                time.sleep(0.02)

    def is_ended(self) -> bool:
        """Whether sessions were ended by now."""
        calls = self.path("calls")
        return os.path.exists(calls) and "pg_terminate_backend" in pathlib.Path(calls).read_text(encoding="utf-8")

    def test_waiting_for_locks_in_all_ends_it_and_names_table_session_and_what_to_do(self) -> None:
        self.waits({"relation": 16400, "holders": [HOLDER]})
        with self.assertRaisesRegex(
            Failed,
            r"^database api in db: given up after waiting \d+ s in all for locks, the last on table public\.notes, "
            r"held by session 77 of api_e1 \(idle in transaction, its transaction is 840 s old\); end what holds it: ",
        ):
            self.work(Limits(locks=0.01))
        ended = next(call for call in self.calls() if "pg_terminate_backend" in call.stdin)
        # The superuser ends sessions from outside the database, and of this program and there alone.
        self.assertIn("user='postgres' dbname='postgres'", ended.argv[-1])
        self.assertIn(f"a.application_name = '{APPLICATION_NAME}' AND a.datname = 'api'", ended.stdin)

    def test_many_short_waits_count_together(self) -> None:
        self.waits({"relation": 16400, "holders": [HOLDER]})
        began = time.monotonic()
        with self.assertRaisesRegex(Failed, "given up after waiting"):
            self.work(Limits(locks=3))
        self.assertGreater(time.monotonic() - began, 3)
        self.assertGreater(sum("pg_blocking_pids" in call.stdin for call in self.calls()), 1)

    def test_its_part_of_the_time_ends_it_though_nothing_is_held(self) -> None:
        self.waits()
        with self.assertRaisesRegex(Failed, "^database api in db: given up after [0-9]+ s, its part of the time"):
            self.work(Limits(locks=60, total=0.2))

    def test_what_is_held_in_the_cluster_is_no_table_of_a_database(self) -> None:
        self.waits({"relation": None, "holders": []})
        with self.assertRaisesRegex(Failed, "^database postgres in db: .* the last on a row or an object .* is gone"):
            self.work(Limits(locks=0.01), ClusterSession("db"))

    def test_other_faults_stay_what_they_are_and_a_server_that_does_not_answer_is_none_of_its_own(self) -> None:
        self.answer("pg_blocking_pids", code=1)
        with self.assertRaisesRegex(KeyError, "x"), limited(API, Limits(locks=0.01)):
            time.sleep(0.3)
            raise KeyError("x")
        with limited(API, Limits(locks=0.01)):
            time.sleep(0.3)
