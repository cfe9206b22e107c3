"""What comes out of a repository into pg_restore."""

import datetime

from phiward_host.backup import transfer
from phiward_host.backup.locations import repository_named
from phiward_host.backup.retention import Snapshot
from phiward_host.common.errors import Failed
from tests.backup.examples import settings
from tests.fake_programs import ProgramsTest

NOW = datetime.datetime.now(datetime.UTC)
DUMP = Snapshot.from_json({"id": "1" * 64, "time": NOW.isoformat(), "tree": "t", "paths": ["/db.api.dump"]}, "snapshot")


class ListingTest(ProgramsTest):
    programs = ("restic", "docker")

    def listing(self) -> list[str]:
        return transfer.listing(repository_named(settings(), "local"), DUMP, "db")

    def test_a_connection_that_was_cut_behind_the_list_is_no_failure(self) -> None:
        self.answer("docker", "pg_restore --list", "215; 1259 16387 TABLE public a api\n")
        self.answer("docker", "pg_restore --list", "215; 12", code=1, times=2)
        self.assertEqual(self.listing(), ["215; 1259 16387 TABLE public a api", ""])

    def test_a_dump_that_is_none_is_named_with_how_both_programs_ended(self) -> None:
        self.answer("docker", "pg_restore --list", code=1)
        with self.assertRaisesRegex(
            Failed, r"cannot be listed \(pg_restore exited with status 1, restic with status 0\)"
        ):
            self.listing()
