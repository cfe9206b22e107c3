"""What the detectors count, of entries as a vault has them, and what they do not."""

import json
import time
import unittest
from collections.abc import Mapping, Sequence
from unittest import mock

from phiward_host.collector.place import Place
from phiward_host.collector.reading import Found
from phiward_host.collector.source import Next, Source
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.detectors import callers, looked, main, told, watch
from phiward_host.detectors.classes import Classes
from phiward_host.detectors.habits import FLOOR_OF_ACTION, FLOOR_OF_USER, Habits
from phiward_host.detectors.settings import DetectorSettings
from phiward_host.detectors.tally import MOST_KEYS, Tally
from phiward_host.detectors.usual import Usual
from phiward_host.metrics import loopback, push
from phiward_host.records.entry import Entry
from phiward_host.sealing import closed
from tests.detectors.lines import (
    API,
    BEGIN,
    DEPLOYS,
    ROOT,
    SECOND,
    SSHD,
    THRESHOLDS,
    accepted,
    blocked,
    deploy_begins,
    failed,
    failures,
    key_read,
    line,
    request,
    restore,
    sudo,
)
from tests.support import OnDisk


class Counting(unittest.TestCase):
    """One host's entries, a second apart."""

    def setUp(self) -> None:
        self.tally = Tally(THRESHOLDS)
        people, networks = frozenset({"alice"}), ("192.0.2.0/26",)
        settings = DetectorSettings("vault", ("web",), "breakglass", THRESHOLDS, people, networks)
        self.habits = Habits("web", settings, self.tally)
        self.classes = Classes("web", "breakglass", self.tally, self.habits, {DEPLOYS: "deploy", "1001": "alice"})
        self.time = BEGIN

    def take(self, *entries: Mapping[str, str], apart: int = 1) -> Mapping[str, int]:
        """Counts of web after these."""
        taken: list[Entry] = []
        for fields in entries:
            taken.append(Entry("web", self.time, fields))
            self.time += apart * SECOND
        self.classes.take(taken)
        return self.tally.counts.get("web", {})

    def test_each_is_counted_by_what_shows_it(self) -> None:
        for entries, counted in (
            ([failed()], {"login-failed": 1}),
            ([{**SSHD, "MESSAGE": "Invalid user x from 192.0.2.66 port 5"}], {"login-impossible": 1}),
            ([line(action="login", outcome="denied", user=None)], {"login-failed": 1}),
            ([line(outcome="denied")], {"access-denied": 1}),
            ([line(), line(outcome="failure")], {}),
            ([restore("asked"), restore("begun"), restore("done")], {}),
            ([restore("refused")], {"access-denied": 1}),
            ([restore("begun"), restore("done"), restore("begun")], {"restores-repeated": 1}),
            ([sudo("/usr/bin/id")], {}),
            ([sudo("/usr/bin/id", "command not allowed ; ")], {"sudo-denied": 1}),
            ([sudo("/usr/bin/docker run --rm alpine")], {"container-by-hand": 1}),
            ([sudo("/usr/bin/docker ps")], {}),
            ([{**SSHD, "MESSAGE": "Accepted publickey for alice from 192.0.2.7 port 5 ssh2"}], {}),
            (
                [{**SSHD, "MESSAGE": "Accepted publickey for breakglass from 192.0.2.7 port 5 ssh2"}],
                {"break-glass": 1},
            ),
            (
                [{**ROOT, "_SYSTEMD_UNIT": "fail2ban.service", "MESSAGE": "x NOTICE  [web-scan] Ban 192.0.2.66"}],
                {"ban": 1},
            ),
            ([{**ROOT, "_SYSTEMD_UNIT": "fail2ban.service", "MESSAGE": "x NOTICE  [sshd] Unban 192.0.2.66"}], {}),
            ([{**ROOT, "MESSAGE_ID": "a596d6fe7bfa4994828e72309e95d61e"}], {"record-lost": 1}),
            (key_read("/usr/bin/cat", "1001"), {"key-read": 1}),
        ):
            with self.subTest(counted=counted, entries=entries):
                self.setUp()
                self.assertEqual(self.take(*entries), counted)

    def test_brute_force_is_five_of_one_account_or_address_within_the_time(self) -> None:
        self.assertNotIn("brute-force", self.take(*failures(4)))
        self.assertEqual(self.take(failed())["brute-force"], 1)
        self.assertEqual(self.take(*failures(4))["brute-force"], 1)
        self.setUp()
        self.assertEqual(self.take(*(failed(f"user{n}") for n in range(5)))["brute-force"], 1)
        self.setUp()
        self.assertNotIn("brute-force", self.take(*failures(9), apart=240))
        self.setUp()
        others = [failed(f"user{n}", f"192.0.2.{n}") for n in range(20)]
        self.assertNotIn("brute-force", self.take(*others))

    def test_logins_that_cannot_succeed_are_counted_apart_unless_they_name_a_person(self) -> None:
        def tried(name: str, how: str, number: int) -> Mapping[str, str]:
            return {**SSHD, "MESSAGE": f"Failed {how} for {name} from 198.51.100.{number} port {number} ssh2"}

        bots = [{**SSHD, "MESSAGE": f"Invalid user admin from 198.51.100.7 port {port}"} for port in range(50)]
        bots += [tried("deploy", how, n) for n in range(50) for how in ("password", "keyboard-interactive/pam")]
        self.assertEqual(self.take(*bots), {"login-impossible": 150})
        # Each name that may log in by a key, and those of persons whatever is tried.
        for name, how in (("deploy", "publickey"), ("alice", "password"), ("breakglass", "password")):
            self.setUp()
            found = self.take(*(tried(name, how, n) for n in range(5)))
            self.assertEqual(found, {"login-failed": 5, "brute-force": 1}, name)

    def test_each_key_that_a_client_offers_is_no_login_of_its_own(self) -> None:
        offered = [failed("alice", port=7) for _ in range(4)]
        self.assertEqual(self.take(*offered), {"login-failed": 1})
        # The one after them is declared.
        self.assertEqual(self.take(accepted("alice", "192.0.2.66", 7))["login-mistyped"], 1)
        self.time += 300 * SECOND
        self.assertEqual(self.take(*offered)["login-failed"], 2)

    def test_whoever_mistypes_and_is_accepted_attacks_nobody(self) -> None:
        def said(outcome: str, user: str) -> Mapping[str, str]:
            return line(action="login", outcome=outcome, user=user)

        mistyped = [said("denied", "dr"), said("denied", "dr"), said("success", "dr")]
        self.assertEqual(self.take(*mistyped * 4), {"login-failed": 8, "login-mistyped": 8})
        # From the same address, and of one who failed before: others' failures stay.
        guessed = [each for n in range(5) for each in (said("denied", f"user{n}"), said("success", "dr"))]
        self.assertEqual(self.take(*guessed)["brute-force"], 1)
        self.assertEqual(self.take(line(action="login", user="user9", address="198.51.100.9"))["login-mistyped"], 8)
        self.setUp()
        nobody = line(action="login", outcome="denied", user=None)
        self.assertEqual(self.take(nobody, nobody, said("success", "dr")), {"login-failed": 2, "login-mistyped": 1})
        self.setUp()
        late = self.take(said("denied", "dr"), said("success", "dr"), apart=901)
        self.assertEqual(late, {"login-failed": 1})

    def test_a_session_that_ended_is_asked_to_log_in_and_denied_nothing(self) -> None:
        ended = line(outcome="denied", user=None)
        self.assertEqual(self.take(*[ended] * 40, line(action="login")), {})
        # Of whoever works there, also over a night; and of another one, a page and its login.
        self.assertEqual(self.take(*[ended] * 199, apart=240), {})
        other = line(outcome="denied", user=None, address="192.0.2.10")
        self.assertEqual(self.take(*[other] * 6, line(action="login", address="192.0.2.10"), *[other] * 9), {})

    def test_who_calls_again_and_again_without_a_login_is_denied_and_one_address_is_no_other_one(self) -> None:
        called = line(outcome="denied", user=None, address="198.51.100.1")
        self.assertEqual(self.take(*[called] * 5, apart=100), {})
        self.assertEqual(self.take(called), {"access-denied": 6})
        # As many again; at once, so many as no page asks for.
        self.assertEqual(self.take(*[called] * 5, apart=100), {"access-denied": 6})
        self.setUp()
        self.assertEqual(self.take(*[called] * 60), {"access-denied": 60})
        self.setUp()
        self.assertEqual(self.take(*[called] * 50, apart=721), {})
        others = [line(outcome="denied", user=None, address=f"203.0.113.{n}") for n in range(200)]
        self.assertEqual(self.take(*others * 5, apart=2), {})
        self.setUp()
        one_network = [line(outcome="denied", user=None, address=f"2001:db8::{n}") for n in range(1, 7)]
        self.assertEqual(self.take(*one_network, apart=100), {"access-denied": 6})
        # An application that says no address is one of many.
        self.setUp()
        self.assertEqual(
            self.take(*[line(outcome="denied", user=None, address=None)] * 6, apart=100)["access-denied"], 6
        )

    def test_who_calls_far_more_than_usual_from_where_users_act_is_denied(self) -> None:
        ended = line(outcome="denied", user=None)
        for _ in range(24 * 8):
            self.assertEqual(self.take(line(user="dr"), *[ended] * 20, apart=0), {})
            self.time += 3600 * SECOND
        self.assertEqual(self.take(*[ended] * 199, apart=0), {})
        self.assertEqual(self.take(ended), {"access-denied": 6})

    def test_callers_fill_no_memory_and_who_acted_is_known_after_a_restart(self) -> None:
        self.patched_keys(callers, 10)
        self.take(*(line(outcome="denied", user=None, address=f"198.51.100.{n}") for n in range(99)))
        self.take(*(line(user="dr", address=f"203.0.113.{n}") for n in range(99)))
        kept = json.loads(json.dumps(self.habits.as_json()))
        self.assertEqual(list(kept["callers"]["known"]), [f"203.0.113.{n}" for n in range(89, 99)])
        self.setUp()
        self.time += 600 * SECOND
        self.habits.learn(Fields.of(kept, "learned"))
        self.assertEqual(self.take(*[line(outcome="denied", user=None, address="203.0.113.95")] * 99, apart=4), {})
        del kept["callers"]
        self.habits.learn(Fields.of(kept, "learned"))

    def patched_keys(self, of: object, most: int) -> None:
        patcher = mock.patch.object(of, "MOST_KEYS", most)
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_an_audit_daemon_that_ends_with_its_host_is_no_loss_and_any_other_end_is(self) -> None:
        said = "CONFIG_CHANGE op=set audit_pid=0 old=713 auid=4294967295 ses=4294967295 subj=unconfined res=1"
        ended = {**ROOT, "_TRANSPORT": "audit", "_AUDIT_TYPE": "1305", "MESSAGE": said}
        logind = {**ROOT, "_SYSTEMD_UNIT": "systemd-logind.service", "MESSAGE": "The system will reboot now!"}
        stops = {**logind, "MESSAGE_ID": "98268866d1d54a499c4e98921d93bc40"}
        self.assertEqual(self.take(stops, ended), {})
        # Of another boot, and long after a restart that did not come.
        self.assertEqual(self.take({**ended, "_BOOT_ID": "c" * 32})["record-lost"], 1)
        self.time += 300 * SECOND
        self.assertEqual(self.take(ended)["record-lost"], 2)
        self.setUp()
        for forged in ({**stops, "_UID": "1001"}, {**stops, "_SYSTEMD_UNIT": "user@1001.service"}, logind):
            self.assertIn("record-lost", self.take(forged, ended))

    def test_an_audit_daemon_that_the_daily_update_restarts_is_no_loss(self) -> None:
        said = "CONFIG_CHANGE op=set audit_pid=0 old=713 auid=4294967295 ses=4294967295 subj=unconfined res=1"
        ended = {**ROOT, "_TRANSPORT": "audit", "_AUDIT_TYPE": "1305", "MESSAGE": said}
        update = {**ROOT, "_PID": "1", "UNIT": "apt-daily-upgrade.service", "MESSAGE": "Daily apt upgrade"}
        begins = {**update, "MESSAGE_ID": "7d4958e842da4a758f6c1cdc7b36dcc5"}
        ends = {**update, "MESSAGE_ID": "39f53479d3a045ac8e11786248231fbf"}
        self.assertEqual(self.take(begins, ended), {})
        self.assertEqual(self.take(ends, ended)["record-lost"], 1)
        self.setUp()
        for forged in ({**begins, "_PID": "99"}, {**begins, "_UID": "1001"}, {**begins, "UNIT": "apt-daily.service"}):
            self.assertIn("record-lost", self.take(forged, ended))
        self.setUp()
        self.take(begins)
        self.time += 3600 * SECOND
        self.assertEqual(self.take(ended)["record-lost"], 1)

    def test_settings_that_our_programs_read_for_a_person_are_no_key(self) -> None:
        def read(name: str, program: str = "/usr/bin/python3.13") -> Sequence[Mapping[str, str]]:
            return key_read(program, "1001", path=name)

        self.assertEqual(self.take(*read("phiward"), *read("look.json")), {})
        self.assertEqual(self.take(*read("backup.1"))["key-read"], 1)
        self.assertEqual(self.take(*read("look.json", "/usr/bin/cat"))["key-read"], 2)

    def test_one_account_counts_once_towards_an_address(self) -> None:
        names = ("bob", "bob", "carol", "dave", "dave", "dave")
        self.assertNotIn("brute-force", self.take(*failures(4), *map(failed, names)))
        self.assertEqual(self.take(failed("erin"))["brute-force"], 1)

    def test_what_arrives_late_counts_by_when_it_was_written(self) -> None:
        self.assertNotIn("brute-force", self.take(*failures(20), apart=3600))

    def test_whoever_makes_up_names_fills_no_memory(self) -> None:
        for number in range(MOST_KEYS + 100):
            self.tally.towards("brute-force", str(number), "web", BEGIN)
        self.assertEqual(self.tally.keys, MOST_KEYS)

    def test_a_container_passes_for_nobody_else(self) -> None:
        forged = (failed(), restore("begun"), sudo("/usr/bin/docker run x"), *key_read("/usr/bin/cat", "1001"))
        as_container = [{**fields, **API, "_TRANSPORT": "stdout"} for fields in forged]
        self.assertEqual(self.take(*as_container), {})

    def test_a_key_that_the_agent_reads_for_a_deploy_is_no_access(self) -> None:
        python = "/usr/bin/python3.13"
        self.assertEqual(self.take(deploy_begins(DEPLOYS, "9"), *key_read(python, DEPLOYS, "9")), {})
        for program in ("/usr/bin/find", "/usr/bin/head", "/usr/bin/restic", "/usr/bin/sha256sum", "/usr/sbin/sshd"):
            self.assertEqual(self.take(*key_read(program, DEPLOYS, "9")), {}, program)
        # Another program of the same session is one, and so is the same program of anyone else.
        self.assertEqual(self.take(*key_read("/usr/bin/wc", DEPLOYS, "9")), {"key-read": 1})
        self.assertEqual(self.take(*key_read(python, "1001", "9")), {"key-read": 2})
        self.assertEqual(self.take(*key_read(python, DEPLOYS, "10")), {"key-read": 3})
        # Nobody makes a session of his own one of a deploy.
        entries = (deploy_begins("1001", "11"), *key_read(python, "1001", "11"))
        self.assertEqual(self.take(*entries), {"key-read": 4})

    def test_a_container_or_unit_that_reads_its_own_key_is_no_access(self) -> None:
        self.assertEqual(self.take(*key_read("/usr/bin/node", "4294967295")), {})

    def test_a_journal_that_phiward_set_aside_is_no_failure_once(self) -> None:
        said = {**ROOT, "SYSLOG_IDENTIFIER": "phiward", "PHIWARD_ACT": closed.ACT, "MESSAGE": closed.WORDS}
        words = "File /var/log/journal/x/system.journal corrupted or uncleanly shut down, renaming and replacing."
        damaged = {**ROOT, "SYSLOG_IDENTIFIER": "systemd-journald", "MESSAGE": words}
        self.assertNotIn("record-lost", self.take(said, damaged))
        self.assertEqual(self.take(damaged)["record-lost"], 1)

    def test_whoever_asks_for_other_programs_scans_once_a_ban_did_not_end_it(self) -> None:
        self.assertNotIn("web-scan", self.take(*[request("asks=probe")] * 49))
        self.assertEqual(self.take(request("asks=probe"))["web-scan"], 1)
        self.setUp()
        of_service = request("asks=probe", route="/notes")
        forged = {**request("asks=probe"), "_SYSTEMD_UNIT": "docker.service"}
        for each in (request("asks=other"), of_service, forged):
            self.assertNotIn("web-scan", self.take(*[each] * 60))

    def test_sql_in_three_requests_of_one_address_is_an_event_at_a_declared_path_too(self) -> None:
        tried = request("asks=other", route="/notes", tries="sql")
        self.assertNotIn("sql-injection", self.take(tried, tried, request("asks=other", route="/notes")))
        self.assertEqual(self.take(tried)["sql-injection"], 1)

    def test_ten_closed_ports_of_one_address_are_a_scan_and_one_port_again_and_again_is_none(self) -> None:
        self.assertEqual(self.take(*[blocked(23)] * 30, *map(blocked, range(100, 108))), {})
        self.assertEqual(self.take(blocked(108)), {"port-scan": 1})
        # As many again; and not over a day, by several, or as a program of the host says it.
        self.assertEqual(self.take(*map(blocked, range(200, 209))), {"port-scan": 1})
        self.time += 3600 * SECOND
        self.assertEqual(self.take(*map(blocked, range(300, 320)), apart=70), {"port-scan": 1})
        self.assertEqual(self.take(*(blocked(n, f"198.51.100.{n}") for n in range(1, 30))), {"port-scan": 1})
        forged = [{**blocked(n, "2001:db8::9"), "_TRANSPORT": "syslog"} for n in range(1, 30)]
        self.assertEqual(self.take(*forged), {"port-scan": 1})
        self.assertEqual(self.take(*(blocked(n, "2001:db8::9") for n in range(1, 11))), {"port-scan": 2})

    def test_sudo_at_an_hour_that_a_person_never_used_is_an_event_after_two_weeks(self) -> None:
        by_hand = sudo("/usr/bin/id")
        self.assertEqual(self.take(*[by_hand] * 16, apart=86_400), {})
        self.time += 2 * 3600 * SECOND
        self.assertEqual(self.take(by_hand), {})
        self.time += 9 * 3600 * SECOND
        self.assertEqual(self.take(by_hand, by_hand), {"odd-hour": 1})

    def test_a_person_from_elsewhere_is_news_after_two_weeks_and_once(self) -> None:
        day = 86_400
        learned = (accepted("alice", "198.51.100.7"), accepted("alice", "203.0.113.7"))
        self.assertEqual(self.take(*learned, apart=13 * day), {})
        # The same provider's next address, and an administrators' network.
        self.assertEqual(self.take(accepted("alice", "198.51.100.99"), accepted("alice", "192.0.2.7")), {})
        once = {"new-network": 1}
        self.assertEqual(self.take(accepted("alice", "198.18.0.1"), accepted("alice", "198.18.0.2")), once)
        self.assertEqual(self.take(*(accepted(who, "198.18.7.1") for who in ("deploy", "vault-web"))), once)
        self.time += 91 * day * SECOND
        self.assertEqual(self.take(accepted("alice", "198.18.0.1"))["new-network"], 2)

    def read(self, count: int, user: str = "dr") -> Mapping[str, int]:
        self.take(*[line(user=user)] * count, apart=0)
        self.time += 3600 * SECOND
        return self.tally.counts.get("web", {})

    def test_a_user_who_reads_far_more_than_in_any_hour_before_is_unusual_once_an_hour(self) -> None:
        for _ in range(24 * 8):
            self.assertEqual(self.read(20), {})
        self.assertEqual(self.read(FLOOR_OF_USER - 1), {})
        self.assertEqual(self.read(FLOOR_OF_USER + 500), {"unusual-user": 1})
        # Someone who is new, or whose hours are all like that, is none.
        self.assertEqual(self.read(FLOOR_OF_USER + 500, "batch"), {"unusual-user": 1})

    def test_all_users_together_ask_unusually_often_for_one_thing(self) -> None:
        for _ in range(24 * 8):
            self.read(30, "a")
        for number in range(FLOOR_OF_ACTION // 100 + 1):
            self.take(*[line(user=f"u{number}")] * 100, apart=0)
        self.assertEqual(self.tally.counts["web"], {"unusual-action": 1})

    def test_what_was_learned_is_kept_and_nothing_else_is_taken_for_it(self) -> None:
        for _ in range(24 * 8):
            self.read(20)
        self.take(accepted("alice", "198.51.100.7"))
        kept = json.loads(json.dumps(self.habits.as_json()))
        self.habits.users = Usual(FLOOR_OF_USER)
        self.habits.learn(Fields.of(kept, "learned"))
        self.assertEqual(self.read(FLOOR_OF_USER + 500)["unusual-user"], 1)
        self.assertRaises(Refused, self.habits.learn, Fields.of({**kept, "users": {"x": 1}}, "learned"))


class Telling(unittest.TestCase):
    """The text that Prometheus reads."""

    def test_has_each_event_from_the_start(self) -> None:
        text = told.metrics({"ban": 2}, watch.EVENTS, 1.4)
        self.assertIn('phiward_events_total{event="ban"} 2\n', text)
        self.assertIn('phiward_events_total{event="brute-force"} 0\n', text)
        self.assertEqual(text.count("phiward_events_total{"), len(watch.EVENTS))
        self.assertTrue(text.endswith("phiward_detectors_looked_timestamp_seconds 1\n"))


class Looking(OnDisk):
    """The loop, with the journals of two hosts."""

    def setUp(self) -> None:
        super().setUp()
        self.pushed: list[tuple[str, str]] = []
        self.records: dict[str, list[Mapping[str, str]]] = {"vault": [], "web": [*failures(5)]}
        self.broken: set[str] = set()
        self.patch(watch, "STATE", self.path("state.json"))
        self.patch(watch, "LEARNED", self.path("learned.json"))
        self.patch(push, "put", self.push)
        self.patch(Source, "matching", self.logins)

        def newest(_: Source) -> Place:
            return Place(None, 0.0)

        def following(source: Source, place: Place) -> Next:
            return self.next(source, place)

        self.patch(Source, "newest", newest)
        self.patch(Source, "next", following)

    def push(self, host: str, text: str, job: str) -> None:
        self.assertEqual(job, "detectors")
        self.pushed.append((host, text))

    def logins(self, *_: object, most: int) -> list[Found]:
        self.assertGreater(most, 0)
        opened = "pam_unix(sshd:session): session opened for user deploy(uid=998) by deploy(uid=0)"
        fields = {**SSHD, "__REALTIME_TIMESTAMP": str(BEGIN)}
        return [Found(Fields(fields, "record"), text) for text in ("Connection closed", opened)]

    def next(self, source: Source, place: Place) -> Next:
        if source.host in self.broken:
            raise ValueError("a journal of another form")
        taken, self.records[source.host] = self.records[source.host], []
        fields = [Fields({"__REALTIME_TIMESTAMP": str(BEGIN), **each}, "record") for each in taken]
        cursor = f"c{len(taken)}" if taken else place.cursor
        return Next([Found(each, str(each.values["MESSAGE"])) for each in fields], Place(cursor, 0.0), True, None)

    def run_for(self, looks: int) -> None:
        settings = DetectorSettings("vault", ("web",), "breakglass", THRESHOLDS)
        with mock.patch("time.sleep", side_effect=[*[None] * (looks - 1), KeyboardInterrupt]):
            self.assertRaises(KeyboardInterrupt, watch.watch, settings)

    def test_pushes_what_is_new_and_goes_on_where_it_ended(self) -> None:
        for looks in (2, 1):
            self.pushed.clear()
            self.run_for(looks)
            of_vault, of_web = self.pushed[:2]
            self.assertEqual([of_vault[0], of_web[0]], ["vault", "web"])
            self.assertIn('phiward_events_total{event="brute-force"} 1\n', of_web[1])
            self.assertIn('phiward_events_total{event="brute-force"} 0\n', of_vault[1])

    def test_of_one_host_that_cannot_be_read_the_others_are_looked_at_and_it_shows(self) -> None:
        self.broken.add("vault")
        self.run_for(1)
        self.assertIn("phiward_detectors_looked_timestamp_seconds 0\n", self.pushed[0][1])
        self.assertIn('event="login-failed"} 5\n', self.pushed[1][1])
        self.assertNotIn("phiward_detectors_looked_timestamp_seconds 0\n", self.pushed[1][1])

    def test_goes_on_while_nothing_can_be_kept(self) -> None:
        self.patch(watch, "STATE", self.path("missing/state.json"))
        self.run_for(2)
        self.assertIn('event="login-failed"} 5\n', self.pushed[1][1])

    def test_say_that_they_look_at_each_declared_host_and_at_no_other(self) -> None:
        settings = DetectorSettings("vault", ("web",), "breakglass", THRESHOLDS)
        now, line = time.time(), 'phiward_detectors_looked_timestamp_seconds{{instance="{0}",job="detectors"}} {1}\n'

        def ask(*_: object, most: int) -> bytes:
            return "".join(line.format(host, at) for host, at in answered.items()).encode()[:most]

        self.patch(loopback, "ask", ask)
        self.patch(looked, "FIRST_SECONDS", 0.0)
        answered = {"vault": now, "web": now, "gone": 1.0}
        self.assertEqual(looked.looked(settings), 0)
        answered["web"] = now - 100
        self.assertRaises(Failed, looked.looked, settings)
        del answered["web"]
        self.assertRaises(Failed, looked.looked, settings)

    def test_takes_no_other_words(self) -> None:
        self.assertEqual(main.main(["watch", "more"]), 1)
