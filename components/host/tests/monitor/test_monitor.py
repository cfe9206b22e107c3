"""Silences: what is taken, whose they are, and that each is on record before it begins."""

import io
import json
import os
import sys
import unittest
from collections.abc import Sequence

from phiward_host.common import journal, process
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.common.process import Completed
from phiward_host.monitor import ready, silence
from phiward_host.monitor.silence import Wanted
from tests.support import InDirectory

ASKED = {"alert": "HOST_SILENT", "host": "web", "seconds": 7200, "why": "new disk, ticket 12", "acknowledged": False}


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in ASKED.items() if name not in names}


class Form(unittest.TestCase):
    def test_one_alert_of_one_host_or_all_but_the_heartbeat(self) -> None:
        self.assertEqual(Wanted.read(json.dumps(ASKED)).matchers(), ['alert="HOST_SILENT"', 'instance="web"'])
        everything = Wanted.read(json.dumps(without("alert", "host")))
        self.assertEqual(everything.matchers(), ['alert!="HEARTBEAT"'])
        self.assertEqual(everything.words(), "all alerts of all hosts")

    def test_what_is_of_another_form_is_refused_without_its_text(self) -> None:
        for name, value in [
            ("alert", 'X"} or vector(1'),
            ("alert", "HEARTBEAT"),
            ("host", "web;id"),
            ("host", "-web"),
            ("seconds", 59),
            ("seconds", 604_801),
            ("why", ""),
            ("why", "two\nlines"),
            ("why", "x" * 301),
        ]:
            with self.subTest(name=name, value=value), self.assertRaises(Refused) as refused:
                Wanted.read(json.dumps({**ASKED, name: value}))
            self.assertIn(f"silence.{name}", str(refused.exception))
            self.assertNotIn("vector", str(refused.exception))
        with self.assertRaises(Refused):
            Wanted.read("no JSON")


class Adding(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.done: list[str] = []
        self.code = 0

        def run(argv: Sequence[str], **_: object) -> Completed:
            self.done.append(" ".join(argv))
            return Completed(self.code, "0b1c\n", "")

        def record(act: str, message: str, **fields: str) -> None:
            self.done.append(f"record {act} {fields['who']} {message}")

        self.patch(process, "run", run)
        self.patch(journal, "record", record)

    def test_is_on_record_before_it_begins_in_the_name_of_whoever_became_root(self) -> None:
        self.patch(os, "environ", {"SUDO_USER": "alice"})
        self.patch(sys, "stdin", io.StringIO(json.dumps(ASKED)))
        self.assertEqual(silence.add(RootLog("monitor")), 0)
        self.assertEqual(
            self.done,
            [
                "record operation alice alice silenced HOST_SILENT of web for 7200 s: new disk, ticket 12",
                "amtool --alertmanager.url=http://127.0.0.1:9093 silence add --author=alice "
                '--comment=new disk, ticket 12 --duration=7200s alert="HOST_SILENT" instance="web"',
            ],
        )

    def test_of_an_alertmanager_that_is_away_fails(self) -> None:
        self.code = 1
        self.patch(sys, "stdin", io.StringIO(json.dumps(ASKED)))
        with self.assertRaises(Failed):
            silence.add(RootLog("monitor"))


class Ready(InDirectory):
    def test_names_the_part_that_does_not_answer(self) -> None:
        def run(argv: Sequence[str], **_: object) -> Completed:
            return Completed(0 if ":9093" in argv[-1] else 7, "", "")

        self.patch(process, "run", run)
        with self.assertRaises(Failed) as failed:
            ready.wait(RootLog("monitor"), 0)
        self.assertIn("the Pushgateway does not answer", str(failed.exception))
