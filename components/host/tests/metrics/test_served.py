"""What databases and the web server say of themselves, and what becomes of one that does not answer."""

import json
from collections.abc import Sequence
from unittest import mock

from phiward_host.common.errors import Failed, Refused
from phiward_host.common.process import TIMED_OUT, Completed
from phiward_host.metrics import figures, form, loopback, served
from phiward_host.metrics.served import Asking
from phiward_host.metrics.settings import Database, RedisLogin, Served
from tests.support import InDirectory

POSTGRES = {
    "limit": 94,
    "connections": 20,
    "oldest": 7,
    "deadlocks": 1,
    "unarchived": 2,
    "slots": 3,
    "retained": 4,
    "sizes": {"api": 8192},
}
REDIS = """OK
# Memory\r
used_memory:100\r
maxmemory:400\r
evicted_keys:5\r
rejected_connections:6\r
rdb_last_save_time:1790000000\r
aof_last_write_status:ok\r
aof_last_bgrewrite_status:ok\r
"""
NGINX = b"Active connections: 3 \nserver accepts handled requests\n 10 8 30 \nReading: 0 Writing: 1 Waiting: 2 \n"


class Asked(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.secret = self.path("secret", "of-metrics\n")
        self.calls: list[tuple[Sequence[str], str | None]] = []
        self.said = {"psql": Completed(0, json.dumps(POSTGRES), ""), "redis-cli": Completed(0, REDIS, "")}
        self.run_with(self.answer)
        self.nginx = NGINX
        self.patch(loopback, "ask", self.ask)

    def ask(self, *_: object, **__: object) -> bytes:
        return self.nginx

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        self.calls.append((argv, stdin))
        return self.said["psql" if "psql" in argv else "redis-cli"]

    def served(self) -> Served:
        cache = Database("redis", "cache", "cache", (), RedisLogin(self.secret, "sessions"))
        return Served((Database("postgres", "db", "db", ("api",), None), cache), 9113)

    def look(self, asking: Asking) -> list[str]:
        asking.look()
        text = asking.text()
        self.assertEqual(form.checked(text.encode()), text)
        return text.splitlines()

    def test_by_declared_names_alone(self) -> None:
        found = self.look(Asking(self.served()))
        for line in (
            'phiward_database_up{database="db",kind="postgres"} 1',
            'phiward_database_up{database="cache",kind="redis"} 1',
            "phiward_nginx_up 1",
            'phiward_postgres_connections_limit{database="db"} 94',
            'phiward_postgres_connections_free{database="db"} 74',
            'phiward_postgres_oldest_transaction_seconds{database="db"} 7',
            'phiward_postgres_archive_failures_total{database="db"} 2',
            'phiward_postgres_size_bytes{database="db",of="api"} 8192',
            'phiward_redis_memory_free_bytes{database="cache",profile="sessions"} 300',
            'phiward_redis_evicted_total{database="cache",profile="sessions"} 5',
            'phiward_redis_write_failing{database="cache",profile="sessions"} 0',
            "phiward_nginx_connections_active 2",
            "phiward_nginx_connections_dropped_total 2",
            "phiward_nginx_requests_total 30",
        ):
            self.assertIn(line, found)

    def test_the_password_is_in_no_argument_and_no_root_is_asked_by(self) -> None:
        self.look(Asking(self.served()))
        (psql, _), (redis, stdin) = self.calls
        self.assertIn("user='phiward_host_metrics' dbname='postgres'", " ".join(psql))
        self.assertNotIn("of-metrics", " ".join(redis))
        self.assertEqual(stdin, "AUTH phiward_host_metrics of-metrics\nINFO memory\nINFO stats\nINFO persistence\n")

    def test_one_that_does_not_answer_hides_no_other_and_what_it_said_before_is_gone(self) -> None:
        asking = Asking(self.served())
        self.look(asking)
        with mock.patch("time.monotonic", return_value=served.time.monotonic() + 60):
            self.said["psql"] = Completed(2, "", "psql: error")
            found = self.look(asking)
        self.assertIn('phiward_database_up{database="db",kind="postgres"} 0', found)
        self.assertIn('phiward_database_up{database="cache",kind="redis"} 1', found)
        self.assertEqual([line for line in found if line.startswith("phiward_postgres")], [])

    def test_a_number_or_a_form_without_end_ends_no_question_about_others(self) -> None:
        for said in (json.dumps({**POSTGRES, "limit": int("9" * 400)}), "[" * 60_000):
            self.said["psql"] = Completed(0, said, "")
            found = self.look(Asking(self.served()))
            self.assertIn('phiward_database_up{database="db",kind="postgres"} 0', found)
            self.assertIn('phiward_database_up{database="cache",kind="redis"} 1', found)

    def test_whoever_did_not_end_in_time_is_asked_ever_more_rarely_until_it_does(self) -> None:
        self.said["psql"] = Completed(TIMED_OUT, "", "")
        asking, now = Asking(Served(self.served().databases[:1], None)), 1_000_000.0
        asked: list[int] = []
        for minute in range(64):
            with mock.patch("time.monotonic", return_value=now + 60 * minute):
                before = len(self.calls)
                self.look(asking)
                asked += [minute] if len(self.calls) > before else []
        self.assertEqual(asked, [0, 2, 6, 14, 30, 46, 62])

    def test_a_log_in_that_is_refused_or_an_answer_of_another_form_is_none(self) -> None:
        for said in ("WRONGPASS invalid\n", "OK\nNOPERM\n", REDIS.replace("used_memory:100", "used_memory:-1")):
            self.said["redis-cli"] = Completed(0, said, "")
            with self.assertRaises(Failed):
                figures.redis("cache", "cache", self.secret, "sessions")
        for told in ({**POSTGRES, "limit": "x"}, {**POSTGRES, "sizes": {}}):
            self.said["psql"] = Completed(0, json.dumps(told), "")
            with self.assertRaises((Failed, Refused)):
                figures.postgres("db", "db", ["api"])
        self.said["psql"] = Completed(0, " " * figures.MOST_ANSWER + "{}", "")
        with self.assertRaisesRegex(Failed, "more than"):
            figures.postgres("db", "db", ["api"])
        self.nginx = b"hello"
        with self.assertRaisesRegex(Failed, "another form"):
            figures.nginx(9113)

    def test_nothing_is_said_before_it_was_asked_nor_of_what_is_not_there(self) -> None:
        self.assertEqual(Asking(self.served()).text(), "")
        self.assertEqual(self.look(Asking(Served((), None))), [])

    def test_settings_of_another_kind_are_refused(self) -> None:
        value: dict[str, object] = {"kind": "mysql", "name": "a", "container": "a", "databases": []}
        login: object = {"secret": "/a", "profile": "cache"}
        others: list[dict[str, object]] = [{}, {"kind": "redis"}, {"kind": "postgres", "redis": login}]
        for more in others:
            with self.assertRaisesRegex(Refused, r"^served\.kind: found another"):
                Database.from_json({**value, **more}, "served")
