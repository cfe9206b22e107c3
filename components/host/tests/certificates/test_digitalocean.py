"""The hooks of dns-01, against an API that keeps records as DigitalOcean's does."""

import io
import json
import os
import tempfile
import unittest
from http import client
from unittest import mock

from phiward_host.certificates import digitalocean
from phiward_host.common import files
from phiward_host.common.errors import Failed


class Answer(io.BytesIO):
    def __init__(self, status: int, value: object) -> None:
        super().__init__(b"" if value is None else json.dumps(value).encode())
        self.status = status


class Api:
    """One connection; what the account holds is shared by all."""

    zones = ("example.org", "b.example.org")

    def __init__(self) -> None:
        self.records: dict[int, dict[str, object]] = {
            7: {"id": 7, "type": "TXT", "name": "_acme-challenge.a", "data": "other"}
        }
        self.tokens: set[str] = set()
        self.status = 200
        self.answer = Answer(200, None)

    def request(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> None:
        self.tokens.add(headers["Authorization"])
        self.answer = (
            Answer(self.status, self.done(method, path, body)) if self.status == 200 else Answer(self.status, {})
        )

    def done(self, method: str, path: str, body: str | None) -> object:
        if method == "GET" and path.startswith("/v2/domains?"):
            return {"domains": [{"name": zone} for zone in self.zones]}
        if method == "POST" and body is not None:
            self.records[8] = {"id": 8, "zone": path.split("/")[3], **json.loads(body)}
            return {"domain_record": self.records[8]}
        if method == "DELETE":
            del self.records[int(path.rpartition("/")[2])]
            return None
        return {"domain_records": list(self.records.values())}

    def getresponse(self) -> Answer:
        return self.answer

    def close(self) -> None:
        pass


class Hooks(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.api = Api()
        asked = {
            "CERTBOT_DOMAIN": "a.b.example.org",
            "CERTBOT_VALIDATION": "word",
            "PHIWARD_DNS_TOKEN": f"{directory.name}/token",
        }
        files.write(f"{directory.name}/token", "secret-token\n")
        for patch in (
            mock.patch.object(client, "HTTPSConnection", self.connection),
            mock.patch.object(digitalocean, "PROPAGATION_SECONDS", 0),
            mock.patch.dict(os.environ, asked),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def connection(self, host: str, *, timeout: float) -> Api:
        self.assertEqual((host, timeout), ("api.digitalocean.com", 30))
        return self.api

    def test_a_record_is_added_in_its_zone_and_removed_again_and_no_other_one(self) -> None:
        digitalocean.add_record()
        self.assertEqual(
            self.api.records[8],
            {"id": 8, "zone": "b.example.org", "type": "TXT", "name": "_acme-challenge.a", "data": "word", "ttl": 30},
        )
        self.assertEqual(self.api.tokens, {"Bearer secret-token"})
        digitalocean.remove_record()
        self.assertEqual(list(self.api.records), [7])

    def test_a_token_that_is_refused_is_named_and_not_repeated(self) -> None:
        self.api.status = 401
        with self.assertRaisesRegex(Failed, "refused GET: status 401; the token must be able to edit domains$"):
            digitalocean.add_record()

    def test_only_certbot_runs_them(self) -> None:
        with (
            mock.patch.dict(os.environ, {"CERTBOT_DOMAIN": ""}),
            self.assertRaisesRegex(Failed, "only certbot runs this"),
        ):
            digitalocean.remove_record()
