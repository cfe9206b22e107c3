"""Master keys of patients' columns: which of them opens what, and when another one may be made, or take a place."""

import hmac
import json
import os
import pathlib
from collections.abc import Mapping
from unittest import mock

from phiward_host.agent.plan import Kept
from phiward_host.agent.secret_store import require_new
from phiward_host.backup import masters as restored
from phiward_host.backup.retention import FILES
from phiward_host.common import paths
from phiward_host.common.errors import Failed, Refused
from phiward_host.phi import masters, settings
from phiward_host.phi.masters import WrappedKey, require_unused
from phiward_host.phi.settings import PhiSettings
from tests.fake_docker import DockerTest

OLD, NEW = "o" * 43, "n" * 43
TEMPLATE = "A line before the key. "


def box(value: str) -> bytes:
    """A data key as the master key of this value has locked it; what is inside is of no matter here."""
    body = bytes(4 + 16 + 80)
    return body + hmac.digest(hmac.digest(value.encode(), b"authenticate", "sha256"), body, "sha256")


class MastersTest(DockerTest):
    def setUp(self) -> None:
        super().setUp()
        base = pathlib.Path(self.home, "base")
        for directory in ("secrets", "fingerprints", "escrow", "services/db/secrets"):
            (base / directory).mkdir(parents=True)
        for module, name, value in ((paths, "BASE", str(base)), (settings, "PATH", f"{self.home}/phi.json")):
            patch = mock.patch.object(module, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.declared("api")

    def declared(self, *databases: str) -> None:
        """Databases with patients' columns, of the second epoch."""
        entries = [
            {"container": "db", "database": name, "readers": [name], "writers": [name], "epoch": 2, "retired": 0}
            for name in databases
        ]
        self.path("phi.json", json.dumps({"epoch": 2, "retired": 0, "databases": entries}))

    def holds(self, value: str, epoch: int = 1) -> None:
        """What this host, and its server, has for a master key."""
        for name, text in (("secrets", value), ("services/db/secrets", TEMPLATE + value)):
            pathlib.Path(self.home, f"base/{name}/phi-master-{epoch}.1").write_text(text, encoding="utf-8")

    def locked(self, by: str, master: int = 1) -> None:
        """Every database has one data key, which this master key has locked."""
        self.answer("pg_database", "1\n")
        self.answer("to_regclass", "t\n")
        self.answer("concat_ws", f"1|{master}|{box(by).hex()}\n")

    def read(self, name: str) -> str:
        return pathlib.Path(self.home, "base", name).read_text(encoding="utf-8")


class Opening(MastersTest):
    def test_only_the_key_that_has_locked_it_opens_a_data_key(self) -> None:
        key = WrappedKey(1, 1, box(OLD))
        self.assertEqual([key.is_opened_by(value) for value in (OLD, NEW, None, "")], [True, False, False, False])
        self.assertFalse(WrappedKey(1, 1, box(OLD)[:-1]).is_opened_by(OLD))
        self.assertFalse(WrappedKey(1, 1, b"").is_opened_by(OLD))

    def test_a_database_or_schema_that_is_not_there_has_no_keys(self) -> None:
        entry = PhiSettings.load().databases[0]
        self.answer("pg_database", "0\n")
        self.assertEqual(masters.keys_of(entry, "api"), [])
        self.answer("pg_database", "1\n")
        self.answer("to_regclass", "f\n")
        self.assertEqual(masters.keys_of(entry, "api"), [])


class Making(MastersTest):
    def test_another_one_is_refused_while_a_database_has_keys_that_it_has_locked(self) -> None:
        require_unused(None, 1)
        self.locked(OLD)
        with self.assertRaisesRegex(
            Failed, "^database api in db: it has keys .*phi.epoch to 2 or more, and phi.retired"
        ):
            require_unused(PhiSettings.load(), 1)
        require_unused(PhiSettings.load(), 2)

    def test_a_server_that_cannot_be_asked_is_a_refusal_as_well(self) -> None:
        self.answer("pg_database", code=1, err="no such container")
        with self.assertRaisesRegex(Failed, "cannot be asked: .* Start the server, or put the master key back"):
            require_unused(PhiSettings.load(), 1)

    def test_a_deploy_says_why_none_was_made(self) -> None:
        kept = Kept("phi-master-1", 1, 43, [], False, ["/bin/sh", "-c", "echo phiward: keys of it >&2; exit 1"])
        with self.assertRaisesRegex(Refused, "^secret phi-master-1.1: another one was not made: keys of it$"):
            require_new("secrets", kept)
        require_new("secrets", Kept("phi-master-1", 1, 43, [], False, ["/bin/true"]))


class Restoring(MastersTest):
    def handed(self, **given: str) -> restored.Handed:
        names: Mapping[str, str] = {name.replace("_", "-"): value for name, value in given.items()}
        return restored.Handed(names, {"api": "db"})

    def test_the_key_of_this_host_stays_where_it_opens_what_was_restored(self) -> None:
        self.holds(OLD)
        self.locked(OLD)
        handed = self.handed(phi_master_1=NEW)
        handed.judge("db", "api")
        handed.put()
        self.assertEqual((handed.names, self.read("secrets/phi-master-1.1")), ((), OLD))

    def test_the_one_from_the_escrow_takes_its_place_once_it_is_seen_to_open_it(self) -> None:
        self.holds(NEW)
        self.locked(OLD)
        for name in ("fingerprints/phi-master-1.1.sha256", "escrow/phi-master-1.1.json"):
            pathlib.Path(self.home, "base", name).write_text("of the other", encoding="utf-8")
        copy = pathlib.Path(self.home, "base/services/db/secrets/phi-master-1.1")
        file = copy.stat().st_ino
        handed = self.handed(phi_master_1=OLD)
        handed.judge("db", "api")
        handed.put()
        self.assertEqual((handed.names, self.read("secrets/phi-master-1.1")), (("phi-master-1",), OLD))
        # The server has this very file mounted.
        self.assertEqual((copy.read_text(encoding="utf-8"), copy.stat().st_ino), (TEMPLATE + OLD, file))
        left = [os.listdir(pathlib.Path(self.home, "base", name)) for name in ("fingerprints", "escrow")]
        self.assertEqual(left, [[], []])

    def test_nothing_is_replaced_where_no_key_opens_what_was_restored(self) -> None:
        self.holds(NEW)
        self.locked(OLD)
        with self.assertRaisesRegex(Failed, "key 1 of this host; nothing was replaced. With --recovery-key FILE"):
            self.handed().judge("db", "api")
        with self.assertRaisesRegex(Failed, "nor by that of the escrow; nothing was replaced"):
            self.handed(phi_master_1="x" * 43).judge("db", "api")
        self.assertEqual(self.read("secrets/phi-master-1.1"), NEW)

    def test_no_other_database_loses_the_key_that_it_needs(self) -> None:
        self.declared("api", "form")
        self.holds(NEW)
        self.locked(OLD)
        handed = self.handed(phi_master_1=OLD)
        handed.judge("db", "api")
        self.locked(NEW)
        with self.assertRaisesRegex(Refused, "^database form in db: it is encrypted by another master key 1 than"):
            handed.put()
        self.assertEqual(self.read("secrets/phi-master-1.1"), NEW)

    def test_escrows_are_handed_out_of_the_backup_where_this_host_has_not_the_very_same(self) -> None:
        sealed = {restored.escrow_path(f"phi-master-{epoch}", 1): f"sealed {epoch}" for epoch in (1, 2)}
        repository, found = mock.Mock(), mock.Mock()

        def read(_snapshot: str, path: str, _most: int) -> str:
            return sealed[path]

        repository.read_bounded = read
        found.run.parts = {FILES: mock.Mock(id="files")}
        same, _ = sealed
        pathlib.Path(same).write_text("sealed 1", encoding="utf-8")
        self.assertEqual(restored.sealed_in(repository, found), {"phi-master-2": "sealed 2"})
        found.run.parts = {}
        self.assertEqual(restored.sealed_in(repository, found), {})

    def test_a_database_without_patients_columns_is_none_of_its_business(self) -> None:
        self.declared()
        self.handed().judge("db", "api")
        self.assertFalse(restored.concern({"api": "db"}))
        self.assertEqual(self.calls(), [])
