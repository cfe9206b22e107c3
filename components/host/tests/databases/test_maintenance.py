"""Maintenance logins: created, put right, and never replaced by the superuser."""

import json

from phiward_host.common.errors import Failed
from phiward_host.databases import maintenance
from phiward_host.databases.session import ApplicationSession, ClusterSession
from tests.fake_docker import DockerTest

FACTS: dict[str, object] = {
    "exists": True,
    "memberships": ["api", "api_e1"],
    "members": [],
    "open": True,
    "connects": True,
}


class MaintenanceTest(DockerTest):
    def facts(self, **changes: object) -> None:
        self.answer("'memberships'", json.dumps({**FACTS, **changes}))

    def put_right(self, **changes: object) -> str:
        """The statements that are sent where the server answers this."""
        self.facts(**changes)
        session = maintenance.ensure(ClusterSession("db"), "api_restored", "api")
        self.assertEqual((session.database, session.owner, session.login), ("api_restored", "api", "phiward_api"))
        asked, sent = self.calls()[-2:]
        for call in (asked, sent):
            self.assertIn("user='postgres' dbname='postgres'", call.argv[-1])
        return sent.stdin

    def test_is_no_superuser_and_has_no_password_and_is_a_member_of_the_owner_and_its_logins(self) -> None:
        sent = self.put_right(exists=False)
        self.assertEqual(
            sent,
            'CREATE ROLE "phiward_api";\n'
            'ALTER ROLE "phiward_api" LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS '
            "CONNECTION LIMIT -1 PASSWORD NULL;\n"
            'ALTER ROLE "phiward_api" RESET ALL;\n'
            'ALTER ROLE "phiward_api" IN DATABASE "api_restored" RESET ALL;\n'
            'GRANT pg_use_reserved_connections TO "phiward_api";\n'
            'GRANT "api" TO "phiward_api" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE;\n'
            'GRANT "api_e1" TO "phiward_api" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE;\n',
        )

    def test_what_an_owner_closed_is_opened_again_and_nobody_else_is_the_login(self) -> None:
        self.assertNotIn("ALTER DATABASE", self.put_right())
        sent = self.put_right(open=False, connects=False, members=["api"])
        self.assertIn('ALTER DATABASE "api_restored" ALLOW_CONNECTIONS true CONNECTION LIMIT -1;', sent)
        self.assertIn('GRANT CONNECT ON DATABASE "api_restored" TO "api";', sent)
        self.assertIn('REVOKE "phiward_api" FROM "api";', sent)

    def test_where_a_deploy_has_not_created_it_a_backup_says_so_and_nothing_else_is_tried(self) -> None:
        self.facts(exists=False)
        with self.assertRaisesRegex(
            Failed, r"^database api in db: found no login phiward_api, by which .* the next deploy creates it"
        ):
            maintenance.reopened(ClusterSession("db"), "api", "api")
        self.assertEqual(len(self.calls()), 1)

    def test_a_session_is_put_right_before_each_use(self) -> None:
        self.facts()
        session = maintenance.reopened(ClusterSession("db"), "api", "api")
        self.assertEqual(session, ApplicationSession("db", "api", "api"))
        self.assertIn("RESET ALL", self.calls()[-1].stdin)
