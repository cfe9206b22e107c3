"""The program of the alerts: what it sends, and that nothing is lost while nobody listens."""
import http.server
import importlib.util
import json
import os
import pathlib
import tempfile
import threading
import unittest

PROGRAM = pathlib.Path(__file__).parents[4] / "components/backup/alerts/host/alert.py"


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, self.headers.get("Authorization"), json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


class Alerts(unittest.TestCase):
    def setUp(self):
        spec = importlib.util.spec_from_file_location("alert", PROGRAM)
        self.alert = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.alert)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.alert.SPOOL, self.alert.TOKEN = f"{directory.name}/spool", f"{directory.name}/token"
        os.makedirs(self.alert.SPOOL)
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
        self.server.heard, self.server.status = [], 200
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.config = {"host": "web", "webhook": f"http://127.0.0.1:{self.server.server_port}/hook", "mail": None}

    def put(self, name, **entry):
        pathlib.Path(self.alert.SPOOL, f"{name}.json").write_text(json.dumps({"message": {"unit": name}, "sent": [], **entry}))

    def test_sends_the_oldest_first_and_forgets_what_was_sent(self):
        self.put("2")
        self.put("1")
        self.assertTrue(self.alert.flush(self.config, (0,)))
        self.assertEqual([(path, message["unit"]) for path, _, message in self.server.heard], [("/hook", "1"), ("/hook", "2")])
        self.assertEqual([name for name in os.listdir(self.alert.SPOOL) if name.endswith(".json")], [])

    def test_shows_the_token_to_the_declared_address_alone(self):
        pathlib.Path(self.alert.TOKEN).write_text("abc\n")
        self.server.status = 307
        self.put("1")
        self.assertFalse(self.alert.flush(self.config, (0,)))
        self.assertEqual([(path, token) for path, token, _ in self.server.heard], [("/hook", "Bearer abc")])

    def test_keeps_what_nobody_took_and_sends_it_later(self):
        self.server.status = 503
        self.put("1")
        self.assertFalse(self.alert.flush(self.config, (0, 0)))
        self.assertEqual(len(self.server.heard), 2)
        self.server.status = 200
        self.assertTrue(self.alert.flush(self.config, (0,)))
        self.assertEqual(os.listdir(self.alert.SPOOL), [".lock"])

    def test_sends_again_only_by_the_way_that_failed(self):
        self.put("1", sent=["webhook"])
        self.assertFalse(self.alert.flush({**self.config, "mail": {"from": "a@example.org", "to": "b@example.org", "server": "127.0.0.1", "port": 1}}, (0,)))
        self.assertEqual(self.server.heard, [])

    def test_has_nothing_to_send_where_nobody_is_declared(self):
        self.put("1")
        self.assertTrue(self.alert.flush({"host": "web", "webhook": None, "mail": None}, (0,)))


if __name__ == "__main__":
    unittest.main()
