"""What arrives with a request, or lies on the host already: contents of files, by their hashes."""

import base64
import hashlib
import json
import os
import pathlib
import zlib

from phiward_host.agent import arrival
from phiward_host.common import paths
from phiward_host.common.errors import Refused
from tests.support import InDirectory

CONTENT = b"programs\x00"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ENCODED = base64.b64encode(CONTENT).decode()
PLAN = {"files": [{"path": "/a", "content": {"kind": "bytes", "sha256": SHA256}}]}
PLACED = {"files": [{"path": "/a", "content": {"kind": "bytes", "bytes": ENCODED}}]}


def body(**request: object) -> bytes:
    return json.dumps({"agent": "AAAA", **request}).encode()


def compressed(**request: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(request).encode())).decode()


class Arriving(InDirectory):
    def kept(self) -> pathlib.Path:
        return pathlib.Path(paths.BASE, "contents")

    def test_contents_that_come_along_are_put_in_their_places(self) -> None:
        fields = arrival.fields_of(body(mode="apply", plan=PLAN, contents={SHA256: ENCODED}))
        self.assertEqual(fields.values["plan"], PLACED)

    def test_contents_that_were_left_here_are_too_for_root_alone_and_older_ones_go(self) -> None:
        arrival.keep({hashlib.sha256(b"old").hexdigest(): base64.b64encode(b"old").decode()})
        arrival.keep({SHA256: ENCODED})
        self.assertEqual(os.listdir(self.kept()), [SHA256])
        self.assertEqual((self.kept() / SHA256).stat().st_mode & 0o777, 0o600)
        short = compressed(mode="apply", plan=PLAN)
        fields = arrival.fields_of(body(mode="apply", plan={"unit": "a"}, compressed=short))
        self.assertEqual((fields.values["mode"], fields.values["plan"]), ("apply", PLACED))

    def test_what_is_missing_or_damaged_here_is_refused_with_what_to_do(self) -> None:
        with self.assertRaisesRegex(Refused, "lacks programs of the deploy; nothing was done. Run npx phiward up"):
            arrival.fields_of(body(mode="apply", plan=PLAN))
        arrival.keep({SHA256: ENCODED})
        (self.kept() / SHA256).write_bytes(b"other")
        with self.assertRaisesRegex(Refused, "lacks programs of the deploy"):
            arrival.fields_of(body(mode="apply", plan=PLAN))

    def test_the_host_says_what_it_holds_whole(self) -> None:
        self.assertEqual(arrival.kept(), [])
        arrival.keep({SHA256: ENCODED})
        self.path("state/agent.pyz", "zip")
        agent = hashlib.sha256(b"zip").hexdigest()
        self.assertEqual(arrival.kept(), [agent, SHA256])
        (self.kept() / SHA256).write_bytes(b"other")
        self.assertEqual(arrival.kept(), [agent])

    def test_a_name_that_is_no_hash_reads_and_writes_nothing(self) -> None:
        self.path("state/secret", "secret")
        plan = {"content": {"kind": "bytes", "sha256": "../secret"}}
        with self.assertRaisesRegex(Refused, "lacks programs"):
            arrival.fields_of(body(mode="apply", plan=plan))
        for name in ("../x", "0" * 64):
            with self.assertRaisesRegex(Refused, "another hash than its name"):
                arrival.keep({name: ENCODED})
        self.assertEqual(os.listdir(self.kept()), [])

    def test_what_is_not_compressed_is_refused(self) -> None:
        for text in ("AAAA", "%"):
            with self.assertRaises(Refused):
                arrival.fields_of(body(mode="apply", compressed=text))
