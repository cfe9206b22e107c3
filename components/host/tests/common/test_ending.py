"""SIGTERM to programs that have something to clean up; each runs as a process of its own, as on a host."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HOST = pathlib.Path(__file__).parents[2]
START = "import sys; sys.path.insert(0, sys.argv.pop(1)); {before}; from phiward_host.{module} import main; "
# What keeps the program busy until it is told to end: a file says that it is.
BUSY = "(open(home + '/busy', 'w').close(), time.sleep(60))"
ALERTS = (
    "from phiward_host.common import paths; paths.BASE = home = sys.argv.pop(1); "
    "from phiward_host.alerts import delivery, settings, main as program; import time; "
    "settings.load = lambda: settings.AlertSettings('web', None, None); "
    f"delivery.channels = lambda config: {{'mail': lambda message: {BUSY}}}"
)
CERTIFICATES = (
    "home = sys.argv.pop(1); import time; from phiward_host.certificates import main as program, pair; "
    f"from phiward_host.common import files; pair.make_key = lambda path, declared: {BUSY}; "
    "files.read_json = lambda path: {'directory': home, 'server': 'x', 'sites': [{'site': 'a', 'names': ['a'], "
    "'key': 'ecdsa-p384', 'days': 90, 'renewBeforeDays': 30}]}"
)


class Ending(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = directory.name

    def end(self, before: str, module: str, words: list[str]) -> int:
        """Starts a program, ends it once it is busy, and returns its exit code."""
        script = START.format(before=before, module=module) + "sys.exit(main(sys.argv[1:]))"
        argv = [sys.executable, "-I", "-c", script, str(HOST), self.home, *words]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        limit = time.monotonic() + 30
        while not os.path.exists(f"{self.home}/busy") and time.monotonic() < limit:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        return process.wait(30)

    def test_an_alert_that_was_being_sent_waits_for_the_next_try(self) -> None:
        self.assertEqual(self.end(ALERTS, "alerts.main", ["send", "x.service"]), 1)
        [name] = os.listdir(f"{self.home}/alerts")
        self.assertTrue(name.endswith(".json"), name)

    def test_a_certificate_that_was_being_made_leaves_no_key(self) -> None:
        self.assertEqual(self.end(CERTIFICATES, "certificates.main", ["renew"]), 1)
        self.assertEqual(os.listdir(self.home), ["busy"])
