"""Who logs in where, and what an owner's settings cannot change."""

import unittest

from phiward_host.databases.session import ApplicationSession, ClusterSession


class SessionTest(unittest.TestCase):
    def test_a_superuser_session_is_in_the_database_of_the_cluster_alone(self) -> None:
        argv = ClusterSession("db").argv("psql")
        self.assertEqual(argv[:5], ["docker", "exec", "--interactive", "db", "psql"])
        self.assertIn("host='/run/postgresql' user='postgres' dbname='postgres'", argv[-1])
        self.assertIn(r"-c search_path=pg_catalog,\\ pg_temp ", argv[-1])

    def test_a_session_in_an_applications_database_is_by_its_owners_maintenance_login(self) -> None:
        argv = ApplicationSession("db", "api_restored", "api").argv("pg_dump", "--format=custom")
        self.assertEqual(argv[:6], ["docker", "exec", "--interactive", "db", "pg_dump", "--format=custom"])
        self.assertIn("user='phiward_api' dbname='api_restored'", argv[-1])
        self.assertIn("user='phiward_api' dbname='api'", ApplicationSession("db", "api").argv("psql")[-1])

    def test_what_an_owner_can_set_for_its_database_is_set_by_the_session(self) -> None:
        options = ApplicationSession("db", "api").argv("psql")[-1]
        for setting in (
            r"search_path=pg_catalog,\\ pg_temp",
            "statement_timeout=0",
            "transaction_timeout=0",
            "idle_in_transaction_session_timeout=0",
            "role=none",
            "row_security=off",
            "default_transaction_read_only=off",
            r"default_transaction_isolation=read\\ committed",
            "local_preload_libraries=",
            "standard_conforming_strings=on",
        ):
            self.assertIn(f"-c {setting}", options)

    def test_a_name_stays_one_word_of_the_connection(self) -> None:
        self.assertIn(r"dbname='a\' user=\'postgres'", ApplicationSession("db", "a' user='postgres").argv("psql")[-1])
