"""The program of the alerts: what it sends, and that nothing is lost while nobody listens."""

import contextlib
import http.server
import io
import json
import os
import pathlib
import smtplib
import threading
from unittest import mock

from phiward_host.alerts import channels, main, settings, spool
from phiward_host.alerts.settings import AlertSettings, Mail
from phiward_host.common.decode import Fields
from tests.fake_programs import ProgramsTest


class Hook(http.server.HTTPServer):
    """A webhook that keeps what it was sent and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.heard: list[tuple[str, str | None, dict[str, str]]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Hook)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, self.headers.get("Authorization"), json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Location", f"{self.server.url}/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class AlertsTest(ProgramsTest):
    programs = ("systemctl",)

    def setUp(self) -> None:
        super().setUp()
        self.token = pathlib.Path(self.home, "token")
        self.patch(channels, "BEARER", str(self.token))
        self.patch(main, "PAUSES", (0,))
        os.makedirs(spool.directory())
        self.hook = Hook()
        threading.Thread(target=self.hook.serve_forever, daemon=True).start()
        self.addCleanup(self.hook.server_close)
        self.addCleanup(self.hook.shutdown)
        self.config = AlertSettings("web", f"{self.hook.url}/hook", None)

    def put(self, name: str, *sent: str) -> None:
        entry = {"message": {"unit": name, "host": "web"}, "sent": list(sent)}
        pathlib.Path(spool.directory(), f"{name}.json").write_text(json.dumps(entry), encoding="utf-8")

    def waiting(self) -> list[str]:
        return sorted(name for name in os.listdir(spool.directory()) if name.endswith(".json"))

    def test_sends_the_newest_first_and_forgets_what_was_sent(self) -> None:
        self.put("1")
        self.put("2")
        self.assertTrue(spool.flush(self.config, (0,)))
        heard = [(path, message["unit"]) for path, _, message in self.hook.heard]
        self.assertEqual(heard, [("/hook", "2"), ("/hook", "1")])
        self.assertEqual(self.waiting(), [])

    def test_shows_the_token_to_the_declared_address_alone(self) -> None:
        self.token.write_text("abc\n", encoding="ascii")
        self.hook.status = 307
        self.put("1")
        self.assertFalse(spool.flush(self.config, (0,)))
        self.assertEqual([(path, token) for path, token, _ in self.hook.heard], [("/hook", "Bearer abc")])

    def test_keeps_what_nobody_took_and_sends_it_later(self) -> None:
        self.hook.status = 503
        self.put("1")
        self.assertFalse(spool.flush(self.config, (0, 0)))
        self.assertEqual(len(self.hook.heard), 2)
        self.hook.status = 200
        self.assertTrue(spool.flush(self.config, (0,)))
        self.assertEqual(os.listdir(spool.directory()), [])

    def test_sends_again_only_by_the_channel_that_failed(self) -> None:
        self.put("1", "webhook")
        mail = Mail("b@example.org", "a@example.org", "127.0.0.1", 1)
        self.assertFalse(spool.flush(AlertSettings("web", self.config.webhook, mail), (0,)))
        self.assertEqual(self.hook.heard, [])

    def test_remembers_by_which_channel_it_went_when_the_other_fails(self) -> None:
        self.put("1")
        mail = Mail("b@example.org", "a@example.org", "127.0.0.1", 1)
        self.assertFalse(spool.flush(AlertSettings("web", self.config.webhook, mail), (0, 0)))
        self.assertEqual(len(self.hook.heard), 1)
        entry = json.loads(pathlib.Path(spool.directory(), "1.json").read_text(encoding="utf-8"))
        self.assertEqual(entry["sent"], ["webhook"])

    def test_has_nothing_to_send_where_nobody_is_declared(self) -> None:
        self.put("1")
        self.assertTrue(spool.flush(AlertSettings("web", None, None), (0,)))
        self.assertEqual(self.waiting(), [])

    def test_mails_who_is_declared(self) -> None:
        with mock.patch.object(smtplib, "SMTP") as server:
            mail = Mail("b@example.org", "a@example.org", "mail.example.org", 25)
            channels.send_mail(mail, {"host": "web", "unit": "x.service", "result": "exit-code"})
        letter = server.return_value.__enter__.return_value.send_message.call_args.args[0]
        self.assertEqual((letter["From"], letter["To"]), ("a@example.org", "b@example.org"))
        self.assertEqual(letter["Subject"], "web: x.service failed")
        self.assertEqual(letter.get_content(), "host: web\nunit: x.service\nresult: exit-code\n")

    def ask(self, *words: str) -> tuple[int, str]:
        path = f"{self.home}/alert.json"
        # As components/alerts/plan.ts writes it.
        config = {"host": "web", "webhook": self.config.webhook, "mail": None}
        pathlib.Path(path).write_text(json.dumps(config), encoding="utf-8")
        self.patch(settings, "PATH", path)
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            code = main.main(words)
        return code, err.getvalue()

    def test_tells_host_unit_result_and_time_of_a_unit_that_failed(self) -> None:
        self.answer("systemctl", "show --property=Result --value -- x.service", "exit-code\n")
        self.assertEqual(self.ask("send", "x.service"), (0, ""))
        [(_, _, message)] = self.hook.heard
        self.assertRegex(message.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(message, {"host": "web", "unit": "x.service", "result": "exit-code"})

    def test_keeps_an_alert_on_disk_that_cannot_be_sent_and_ends_with_a_failure(self) -> None:
        self.hook.status = 500
        self.assertEqual(self.ask("send", "x.service"), (1, ""))
        self.assertEqual(len(self.waiting()), 1)
        self.assertEqual(self.ask("flush"), (1, ""))
        self.hook.status = 204
        self.assertEqual(self.ask("flush"), (0, ""))
        self.assertEqual(self.hook.heard[0][2]["result"], "unknown")

    def test_has_a_limit_to_what_waits(self) -> None:
        self.hook.status = 500
        self.patch(spool, "MOST", 2)
        for _ in range(4):
            self.ask("send", "x.service")
        self.assertLessEqual(len(self.waiting()), 2)

    def test_says_what_waits_the_newest_first_and_none_where_none_ever_had_to(self) -> None:
        def said() -> object:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                self.assertEqual(main.main(["waiting"]), 0)
            return json.loads(out.getvalue())

        for name in "123456":
            self.put(name)
        self.put("7\x1b[2J" + "x" * 200)
        found = Fields.of(said(), "answer")
        newest = [each.text("unit")[:6] for each in found.items("newest", Fields.of)]
        self.assertEqual((found.integer("count"), newest), (7, ["7\\x1b[", "6", "5", "4", "3"]))
        os.rename(spool.directory(), f"{spool.directory()}-gone")
        self.assertEqual(said(), {"count": 0, "newest": []})

    def test_says_what_it_can_be_asked(self) -> None:
        for words in ((), ("send",), ("send", "a", "b"), ("flush", "now"), ("other",)):
            self.assertEqual(self.ask(*words), (1, "phiward: usage: phiward.pyz alerts send UNIT | flush | waiting\n"))
