"""How the hosts are: what is asked, what of the answers counts, and that the page is one whatever is in them."""

import io
import json
import os
import pathlib
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from xml.etree import ElementTree

from phiward_host.common import files, journal, process
from phiward_host.common.decode import Fields, as_object, list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.common.process import Completed
from phiward_host.metrics import loopback
from phiward_host.monitor import answers, now, page, published
from phiward_host.monitor import settings as monitor_settings
from phiward_host.monitor.settings import Figure, LookSettings
from tests.golden import golden
from tests.support import InDirectory

KEPT = pathlib.Path(__file__).parent / "golden/page.html"
FIGURES = (
    Figure("disk", "Fullest disk", "disk", "percent", frozenset({"DISK_FULL"})),
    Figure("backup", "Oldest last backup", "backup", "since", frozenset({"BACKUP_LATE"})),
    Figure("certificate", "Next certificate ends", "certificate", "until", frozenset({"CERTIFICATE_ENDS"})),
    Figure("restart", "Restart pending", "restart", "flag", frozenset({"REBOOT_PENDING"})),
    Figure("logins", "Failed logins", "logins", "count", frozenset({"FAILED_LOGINS"})),
)
COMMANDS = {"DISK_FULL": 'npx phiward shell {host} --why "a disk fills"'}
SETTINGS = LookSettings("store", {"web": "clinic", "store": "store"}, FIGURES, "undelivered", COMMANDS)
# 2026-11-28 11:00 UTC.
AT = 1_795_863_600.0
HOSTILE = '</td><script src="x">alert(1)</script>\x1b[2J\u202e&'


def series(**values: str) -> object:
    return [{"metric": {"instance": name}, "value": [AT, value]} for name, value in values.items()]


def alert(name: str, host: str = "web", **more: object) -> Mapping[str, object]:
    return {
        "labels": {"alertname": name, "alert": name, "instance": host, "severity": "high"},
        "annotations": {"summary": f"{name} of {host}"},
        "startsAt": "2026-11-28T10:00:00.123456789Z",
        "status": {"state": "active", "silencedBy": []},
        **more,
    }


def as_alerts(found: object) -> list[dict[str, object]]:
    return list_of(as_object)(found, "alerts")


def look(_: LookSettings) -> now.Now:
    return now.Now(AT, "store", ("store",), (), (), {}, (), {})


def refuse(argv: Sequence[str], **_: object) -> Completed:
    return Completed(1, "", "")


class Look(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(time, "time", lambda: AT)
        self.answered: dict[str, object] = {
            "disk": series(web="96.4", store="12", stranger="99"),
            "backup": series(web=str(AT - 7200)),
            "certificate": series(web=str(AT + 5 * 86_400)),
            "restart": series(web="1", store="0"),
            "logins": series(web="NaN", store="3"),
            "undelivered": [{"metric": {"integration": "webhook"}, "value": [AT, "1.02"]}],
            "alerts": [alert("DISK_FULL"), alert("HEARTBEAT", "store")],
            "raised": None,
            "silences": [],
        }
        self.patch(loopback, "ask", self.ask)

    def ask(self, method: str, port: int, path: str, body: bytes = b"", *, most: int = 0) -> bytes:
        self.assertEqual(method, "GET")
        if port == answers.ALERTMANAGER:
            found = self.answered[path.rpartition("/")[2]]
        elif path == "/api/v1/alerts":
            found = self.raised()
        else:
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["query"][0]
            found = {"status": "success", "data": {"resultType": "vector", "result": self.answered[query]}}
        if isinstance(found, Exception):
            raise found
        return json.dumps(found).encode()

    def raised(self) -> object:
        """What Prometheus raises: what Alertmanager has, unless a test says otherwise."""
        found = self.answered["alerts"] if self.answered["raised"] is None else self.answered["raised"]
        if isinstance(found, Exception):
            return found
        rows = [{**one, "state": "firing", "activeAt": one["startsAt"]} for one in as_alerts(found)]
        return {"status": "success", "data": {"alerts": [*rows, {**alert("UNIT_FAILED"), "state": "pending"}]}}

    def page(self) -> str:
        return page.page(now.look(SETTINGS), FIGURES)

    def test_has_the_hosts_of_the_stack_by_their_present_names_and_no_others(self) -> None:
        found = now.look(SETTINGS)
        self.assertEqual(found.figures["disk"], {"clinic": 96.4, "store": 12.0})
        self.assertEqual(found.figures["logins"], {"store": 3.0})
        self.assertEqual((found.hosts, found.missing, found.undelivered), (("clinic", "store"), (), {"webhook": 2}))
        [raised] = found.raised
        self.assertEqual((raised.alert, raised.host, raised.since), ("DISK_FULL", "clinic", AT - 3600))
        self.assertEqual(raised.command, 'npx phiward shell clinic --why "a disk fills"')

    def test_names_no_host_of_others_in_a_command(self) -> None:
        self.answered["alerts"] = [alert("DISK_FULL", "web; reboot"), alert("HEARTBEAT", "store")]
        self.assertEqual(now.look(SETTINGS).raised[0].command, 'npx phiward shell ? --why "a disk fills"')

    def test_has_the_gravest_first_with_whose_silence_keeps_it_back_and_what_nobody_acknowledged(self) -> None:
        late = alert("BACKUP_LATE", status={"state": "suppressed", "silencedBy": ["0b1c"]})
        unacknowledged = alert("UNACKNOWLEDGED")
        labels = {"alertname": "UNACKNOWLEDGED", "alert": "DISK_FULL", "instance": "web", "severity": "high"}
        grave = alert("HOST_SILENT", labels={"alertname": "HOST_SILENT", "instance": "store", "severity": "critical"})
        self.answered["alerts"] = [
            late,
            {**unacknowledged, "labels": labels},
            alert("DISK_FULL"),
            grave,
            alert("HEARTBEAT"),
        ]
        self.answered["silences"] = [
            {
                "id": name,
                "status": {"state": state},
                "createdBy": "alice",
                "comment": "new disk",
                "endsAt": "2026-11-28T12:00:00Z",
                "matchers": [{"name": "alert", "value": "BACKUP_LATE", "isRegex": False, "isEqual": True}],
            }
            for name, state in (("0b1c", "active"), ("0b1d", "expired"))
        ]
        found = now.look(SETTINGS)
        self.assertEqual(
            [(one.alert, one.silenced, one.escalated) for one in found.raised],
            [("HOST_SILENT", "", False), ("BACKUP_LATE", "alice", False), ("DISK_FULL", "", True)],
        )
        self.assertEqual([(one.what, one.until) for one in found.silences], [("alert=BACKUP_LATE", AT + 3600)])
        text = self.page()
        for words in ("Kept back by alice", "Nobody acknowledged it in time", "Alerts that are kept back", "new disk"):
            self.assertIn(words, text)

    def test_names_what_an_isolation_keeps_back(self) -> None:
        status = {"state": "suppressed", "silencedBy": [], "inhibitedBy": ["4f1d"]}
        self.answered["alerts"] = [alert("BACKUP_LATE", status=status), alert("HOST_ISOLATED"), alert("HEARTBEAT")]
        found = {one.alert: one.silenced for one in now.look(SETTINGS).raised}
        self.assertEqual(found, {"BACKUP_LATE": "the isolation of the host", "HOST_ISOLATED": ""})
        self.assertIn("Kept back by the isolation of the host", self.page())

    def test_says_what_is_not_known_where_a_part_does_not_answer_or_in_another_form(self) -> None:
        self.answered["alerts"] = Failed("port 9093 of this machine does not answer")
        self.answered["disk"] = [{"metric": {"instance": "web"}, "value": "much"}]
        found = now.look(SETTINGS)
        self.assertEqual(found.missing, ("alerts", "alerts on their way", "Fullest disk"))
        words = "Not known, since the monitoring gives no answer: alerts, alerts on their way, Fullest disk."
        self.assertIn(words, self.page())
        self.assertNotIn("Nothing is wrong", self.page())

    def test_knows_no_alert_where_even_the_one_that_is_always_raised_is_not_there(self) -> None:
        late = alert("DISK_FULL", startsAt="2026-11-28T10:59:00Z")
        self.answered["raised"] = [late]
        self.assertEqual([one.since for one in now.look(SETTINGS).raised], [AT - 3600])
        self.answered["alerts"], self.answered["raised"] = [], [alert("DISK_FULL"), alert("HEARTBEAT", "store")]
        found = now.look(SETTINGS)
        self.assertEqual(
            (found.missing, [one.alert for one in found.raised]), (("alerts on their way",), ["DISK_FULL"])
        )
        self.answered["alerts"], self.answered["raised"] = self.answered["raised"], []
        found = now.look(SETTINGS)
        self.assertEqual((found.missing, [one.alert for one in found.raised]), (("alerts",), ["DISK_FULL"]))
        self.answered["alerts"], self.answered["undelivered"] = [], []
        self.assertNotIn("Nothing is wrong", self.page())

    def test_asks_nothing_more_once_its_time_is_up(self) -> None:
        self.patch(now, "MOST_SECONDS", -1.0)
        self.assertEqual(len(now.look(SETTINGS).missing), 4 + len(FIGURES))

    def test_is_well_formed_and_marks_what_an_alert_is_about(self) -> None:
        ElementTree.fromstring(self.page())
        for words in (
            '<td class="bad">96 %</td>',
            "<td>2 h ago</td>",
            "<td>in 5 d</td>",
            "<td>yes</td>",
            '<td class="faint">not known</td>',
            "2026-11-28 10:00 UTC, 60 min",
            '<td class="bad">2</td>',
        ):
            self.assertIn(words, self.page())

    def test_is_as_it_was_last_reviewed(self) -> None:
        """The command line lets this page pass. A new one: `python3 -m tests.monitor.test_look` writes it."""
        self.assertEqual(self.page(), KEPT.read_text(encoding="utf-8"))

    def test_is_quiet_where_nothing_is_wrong(self) -> None:
        self.answered["alerts"], self.answered["undelivered"] = [alert("HEARTBEAT", "store")], []
        self.assertIn('<p class="sum good">Nothing is wrong.</p>', self.page())
        self.assertNotIn("<h2>Alerts", self.page())

    def test_shows_what_others_wrote_as_text_alone(self) -> None:
        bad = alert("DISK_FULL", HOSTILE, annotations={"summary": HOSTILE})
        self.answered["alerts"] = [bad]
        self.answered["undelivered"] = [{"metric": {"integration": HOSTILE}, "value": [AT, "1"]}]
        text = self.page()
        ElementTree.fromstring(text)
        self.assertNotIn("<script", text)
        self.assertNotRegex(text, "[\x1b\u202e]")
        self.assertIn("&lt;/td&gt;&lt;script src=&quot;x&quot;&gt;", text)

    def test_takes_no_more_of_it_than_a_page_has_room_for(self) -> None:
        self.answered["alerts"] = [alert("DISK_FULL", annotations={"summary": "x" * 5000})] * 1000
        found = now.look(SETTINGS)
        self.assertEqual((len(found.raised), len(found.raised[0].what)), (answers.MOST_ROWS, answers.MOST_TEXT))
        self.assertEqual(found.missing, ("alerts", "alerts on their way"))
        self.assertLess(len(self.page()), published.MOST_BYTES)

    def test_refuses_a_moment_that_is_none(self) -> None:
        self.answered["alerts"] = [alert("DISK_FULL", startsAt="soon")]
        self.assertRaises(Refused, answers.taken)


class Settings(InDirectory):
    def test_are_read_as_the_deploy_writes_them(self) -> None:
        for path in golden("monitor/look.json"):
            self.patch(monitor_settings, "PATH", path)
            loaded = LookSettings.load()
            self.assertEqual(loaded.hosts[loaded.vault], "store")
            self.assertGreater(len(loaded.figures), 5)
            self.assertIn("HOST_SILENT", loaded.commands)


class Published(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.said: list[str] = []
        self.log = RootLog("monitor")
        self.patch(published, "DIRECTORY", os.path.join(self.root, "page"))
        self.patch(published, "OWN", os.path.join(self.root, "page"))
        self.patch(LookSettings, "load", lambda: SETTINGS)
        self.patch(now, "look", look)
        self.patch(journal, "record", self.record)
        self.patch(process, "run", self.begin)
        self.patch(os, "environ", {"SUDO_USER": "alice"})
        files.make_directory(published.OWN)

    def record(self, act: str, message: str, **_: str) -> None:
        self.said.append(f"{act} {message}")

    def begin(self, argv: Sequence[str], **_: object) -> Completed:
        self.said.append(" ".join(argv))
        published.make()
        return Completed(0, "", "")

    def shown(self, show: Callable[[RootLog], int]) -> Mapping[str, object]:
        said = io.StringIO()
        with redirect_stdout(said):
            show(self.log)
        return Fields.of(json.loads(said.getvalue()), "answer").values

    def test_is_made_when_it_is_asked_for_and_its_reading_is_on_record_before(self) -> None:
        shown = self.shown(published.show_page)
        self.assertIn("<h1>Status of the hosts</h1>", str(shown["page"]))
        self.assertEqual(shown["at"], os.stat(f"{published.OWN}/page.html").st_mtime)
        self.assertEqual(self.said, ["reading alice read the status page", f"systemctl start {published.UNIT}"])
        self.assertEqual(self.shown(published.show_now)["vault"], "store")
        # The second one had it made a moment ago.
        self.assertEqual(len(self.said), 2)

    def test_is_shown_as_it_was_where_it_cannot_be_made_now(self) -> None:
        published.make()
        os.utime(f"{published.OWN}/now.json", (AT, AT))
        self.patch(process, "run", refuse)
        self.assertEqual(self.shown(published.show_now)["at"], AT)

    def test_that_is_a_link_is_not_followed(self) -> None:
        self.patch(process, "run", refuse)
        os.symlink("/etc/hostname", f"{published.OWN}/now.json")
        self.assertRaises(OSError, self.shown, published.show_now)

    def test_that_was_never_made_is_said_to_be_missing(self) -> None:
        self.patch(process, "run", refuse)
        for made in (True, False):
            if not made:
                files.remove_empty(published.OWN)
            with self.assertRaisesRegex(Failed, "has not said how the hosts are"):
                self.shown(published.show_now)

    def test_that_is_longer_than_is_taken_is_not_made(self) -> None:
        self.patch(published, "MOST_BYTES", 10)
        self.assertRaises(Failed, published.make)


if __name__ == "__main__":
    look_ = Look()
    look_.setUp()
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(look_.page(), encoding="utf-8")
    look_.doCleanups()
