"""What a restore may be asked for."""

import unittest
from collections.abc import Sequence
from dataclasses import replace
from unittest import mock

from phiward_host.backup import request as asking
from phiward_host.backup.request import RestoreRequest, Selection, select
from phiward_host.common.errors import Refused
from tests.backup.examples import settings


def paths_of(names: Sequence[str]) -> dict[str, str]:
    return {name: f"/volumes/{name}" for name in names}


class RequestTest(unittest.TestCase):
    config = settings(offsite=None)

    def judge(self, **request: object) -> Selection:
        whole = {"who": "alice", "why": "lost", "from": "local", "what": "all", **request}
        return select(self.config, RestoreRequest.from_json(whole, "restore"))

    def test_understands_all_database_and_file(self) -> None:
        self.assertEqual(self.judge(), Selection({"api": "db"}, None))
        self.assertEqual(self.judge(what="database:api"), Selection({"api": "db"}, ()))
        self.assertEqual(self.judge(what="file:/srv/a b.txt"), Selection({}, ("/srv/a b.txt",)))
        self.assertEqual(self.judge(what="file:/srv/a", into="/root/found"), Selection({}, ("/srv/a",)))

    def test_understands_a_declared_volume_by_its_name_and_no_other(self) -> None:
        with mock.patch.object(asking, "volume_paths", paths_of):
            config = replace(self.config, volumes=("phiward-api.files",))
            asked = {"who": "alice", "why": "lost", "from": "local", "what": "volume:phiward-api.files"}
            found = select(config, RestoreRequest.from_json(asked, "restore"))
            self.assertEqual(found, Selection({}, ("/volumes/phiward-api.files",)))
            with self.assertRaisesRegex(Refused, "allowed: .*volume:phiward-api.files"):
                select(config, RestoreRequest.from_json({**asked, "what": "volume:other"}, "restore"))

    def test_refuses_what_makes_no_sense_and_says_what_is_allowed(self) -> None:
        refused: list[tuple[dict[str, object], str]] = [
            ({"why": " "}, "--why"),
            ({"who": None}, "--who"),
            ({"from": "offsite"}, "--from"),
            ({"from": None}, "--from"),
            ({"what": "database:x"}, "database:api"),
            ({"what": None}, "--what"),
            ({"what": "file:/a/../b"}, "--what"),
            ({"what": "file:/a/."}, "--what"),
            ({"what": "file:/a*"}, "--what"),
            ({"what": "file:a"}, "--what"),
            ({"what": "file:/a/"}, "--what"),
            ({"what": "all:x"}, "--what"),
            ({"into": "/x"}, "--into"),
            ({"what": "database:api", "into": "/x"}, "--into"),
            ({"passwords": "abc"}, "passwords"),
            ({"before": "yesterday"}, "before"),
            ({"before": "2026-01-01T00:00:00Z", "snapshot": "abc"}, "--before"),
        ]
        for request, words in refused:
            with self.subTest(request=request), self.assertRaisesRegex(Refused, words):
                self.judge(**request)

    def test_names_the_repositories_that_there_are(self) -> None:
        request = {"who": "alice", "why": "lost", "from": "moon", "what": "all"}
        with self.assertRaisesRegex(Refused, "--from: found moon, allowed: local or offsite"):
            select(settings(), RestoreRequest.from_json(request, "restore"))

    def test_reads_all_that_the_operators_command_sends_and_records_no_password(self) -> None:
        sent = {"what": "all", "from": "local", "who": "a", "why": "b", "snapshot": "123", "passwords": ["secret"]}
        request = RestoreRequest.from_json(sent, "restore")
        self.assertEqual((request.snapshot, request.into, request.passwords), ("123", None, ("secret",)))
        self.assertEqual(request.record, {"what": "all", "from": "local", "who": "a", "why": "b", "into": None})


if __name__ == "__main__":
    unittest.main()
