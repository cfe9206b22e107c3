"""Which secrets a host says that it holds, and since when."""

import contextlib
import io
import json
import os
import pathlib

from phiward_host import held_secrets
from phiward_host.agent.generation import Generation
from phiward_host.held_secrets import Held, held
from phiward_host.metrics import ages
from phiward_host.metrics.ages import Ages
from tests.support import InDirectory

VALUE = "s3cret-value"


class HeldSecrets(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(held_secrets, "TLS", self.path("tls"))

    def file(self, path: str, at: float, text: str = VALUE) -> str:
        """A file of that age; the path is below the state's directory unless it is absolute."""
        whole = os.path.join(self.base, path)
        os.makedirs(os.path.dirname(whole), mode=0o700, exist_ok=True)
        pathlib.Path(whole).write_text(text)
        os.utime(whole, (at, at))
        return whole

    def test_a_host_that_holds_none_says_so(self) -> None:
        self.assertEqual(held(), [])

    def test_one_that_is_kept_is_as_old_as_its_record_and_a_key_where_it_is_escrowed(self) -> None:
        self.file("secrets/db-api.1", 2000)
        self.file("fingerprints/db-api.1.sha256", 1000)
        self.file("secrets/db-api.2", 3000)
        self.file("secrets/api-files.1", 500)
        self.file("escrow/api-files.1.age", 400)
        self.file("escrow/api-files.1.json", 400, '{"recipients": [], "sha256": ""}')
        self.file("secrets/not a secret", 1)
        os.mkdir(os.path.join(self.base, "secrets", "directory.1"))
        self.assertEqual(
            sorted(held(), key=lambda each: each.at),
            [
                Held("key", "api-files", 1, 500, True),
                Held("password", "db-api", 1, 1000, False),
                Held("password", "db-api", 2, 3000, False),
            ],
        )

    def test_one_that_is_escrowed_alone_is_as_old_as_the_escrow_of_its_epoch(self) -> None:
        self.file("escrow/breakglass-password.json", 9000, '{"epoch": 2, "recipient": "age1"}')
        self.file("escrow/breakglass-password.1.age", 100)
        self.file("escrow/breakglass-password.2.age", 200)
        self.assertEqual(held(), [Held("key", "breakglass-password", 2, 200, True)])
        for damaged in ("{", "[]", '{"epoch": "2"}', '{"epoch": 3}'):
            self.file("escrow/breakglass-password.json", 9000, damaged)
            self.assertEqual(held(), [])

    def test_one_that_was_brought_is_named_by_its_file_and_no_configuration_beside_it(self) -> None:
        brought = self.file(self.path("etc/registry.password"), 700)
        configuration = self.file(self.path("etc/configuration.01234567.0123456789abcdef"), 800)
        gone = self.path("etc/gone")
        generation = Generation("0", [], [], dict.fromkeys((brought, configuration, gone), ""))
        self.file("units/docker/generation.json", 1, json.dumps(generation.to_json()))
        self.file("units/broken/generation.json", 1, "{")
        self.assertEqual(held(), [Held("brought", brought, None, 700, False)])

    def test_keys_of_sites_are_named_by_the_site(self) -> None:
        self.file(self.path("tls/app/key.pem"), 600)
        self.path("tls/other/certificate.pem", "")
        self.assertEqual(held(), [Held("certificate", "app", None, 600, False)])

    def test_no_value_is_said(self) -> None:
        self.file("secrets/db-api.1", 2000)
        self.file("fingerprints/db-api.1.sha256", 1000, "a fingerprint")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(held_secrets.main(["held"]), 0)
        answer = json.loads(said.getvalue())
        self.assertEqual(
            answer["held"], [{"kind": "password", "name": "db-api", "epoch": 1, "at": 1000.0, "escrowed": False}]
        )
        self.assertNotIn(VALUE, said.getvalue())
        self.assertNotIn("fingerprint", said.getvalue())

    def test_the_metric_is_of_the_oldest_until_that_is_retired_and_is_not_asked_all_the_time(self) -> None:
        old = self.file("secrets/db-api.1", 1000)
        self.file("secrets/db-api.2", 3000)
        told = Ages()
        of = {"kind": "password", "secret": "db-api"}
        self.assertEqual(told.samples(), [(of, 1000.0)])
        os.remove(old)
        self.assertEqual(told.samples(), [(of, 1000.0)])
        self.patch(ages, "LEAST_SECONDS", 0)
        self.assertEqual(told.samples(), [(of, 3000.0)])
