"""The record, read from journal files that systemd-journal-remote(8) writes, as at a vault."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import unittest
from collections.abc import Mapping, Sequence

from phiward_host.common import files, journal
from phiward_host.common.errors import Refused
from phiward_host.records import daemon, kernel, logins, main, services, sources
from phiward_host.records.act import Act
from phiward_host.records.asked import asked
from phiward_host.records.entry import Entry
from phiward_host.records.people import People
from phiward_host.sealing import closed
from tests.support import OnDisk

WRITER = "/lib/systemd/systemd-journal-remote"
BEGIN = 1_790_000_000_000_000
BOOT = "b" * 32
KEY = f"SHA256:{'k' * 43}"
ROOT = {"_UID": "0"}
WINDOW = ("own=vault", "from=2026-09-01T00:00:00Z", "to=2026-12-01T00:00:00Z")


def exported(entries: Sequence[Mapping[str, str]]) -> str:
    """Entries as systemd's journal export format has them, a second apart."""
    return "".join(
        f"__REALTIME_TIMESTAMP={BEGIN + number * 1_000_000}\n__MONOTONIC_TIMESTAMP={number + 1}\n_BOOT_ID={BOOT}\n"
        + "".join(f"{name}={value}\n" for name, value in fields.items())
        + "\n"
        for number, fields in enumerate(entries)
    )


def audit(type: str, name: str, text: str, id: str = "7") -> Mapping[str, str]:
    return {
        **ROOT,
        "_TRANSPORT": "audit",
        "_AUDIT_TYPE": type,
        "_AUDIT_ID": id,
        "_AUDIT_SESSION": "3",
        **({"_AUDIT_LOGINUID": "1001"} if name == "SYSCALL" else {}),
        "MESSAGE": f"{name} {text}",
    }


SSHD = {**ROOT, "SYSLOG_IDENTIFIER": "sshd-session"}
CONTAINER = {**ROOT, "_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "api-12345678", "PHIWARD_SERVICE": "api"}
DATABASE = {**CONTAINER, "CONTAINER_NAME": "db", "PHIWARD_SERVICE": "db"}
AUTHORIZED = "LOG:  connection authorized: user={0} database={1}"
LOGIN = f"2026-09-21 10:00:00.123 UTC [9] {{0}}@{{1}} 172.30.0.3 {AUTHORIZED}"
SECURE = " SSL enabled (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256)"
# Lines by which a container would have itself, or a client of a database, taken for someone else.
FORGED: Sequence[Mapping[str, str]] = tuple(
    {**CONTAINER, "SYSLOG_IDENTIFIER": "container/api-12345678", **fields}
    for fields in (
        {"MESSAGE": LOGIN.format("forged", "api")},
        {"MESSAGE": "Accepted publickey for forged from 192.0.2.7 port 5 ssh2", "SYSLOG_IDENTIFIER": "sshd"},
        {"MESSAGE": f"forged from 192.0.2.8: request {'a' * 64} (apply x) by agent {'c' * 64}; command {'d' * 64}:"},
        {"MESSAGE": "   forged : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id", "SYSLOG_IDENTIFIER": "sudo"},
        {"MESSAGE": "database api opened by forged on web: x", "SYSLOG_IDENTIFIER": "phiward"},
        {"MESSAGE": "Suppressed 9 messages", "MESSAGE_ID": "a596d6fe7bfa4994828e72309e95d61e"},
        {"MESSAGE": '{"event":"done","who":"forged","what":"all"}', "SYSLOG_IDENTIFIER": "phiward-restore"},
        {"MESSAGE": '{"audit":1,"user":"forged","action":"read"}', "CONTAINER_PARTIAL_ID": "0"},
        {"MESSAGE": '{"audit":1,"user":"forged","action":"read"}', "PHIWARD_SERVICE": ""},
        {"MESSAGE": '{"audit":1,"user":"forged","action":"read"}', "_SYSTEMD_UNIT": "other.service"},
        *(
            {"MESSAGE": message, "CONTAINER_NAME": "db", "PHIWARD_SERVICE": "db", **more}
            for message, more in (
                (LOGIN.format("forged", "api"), {"CONTAINER_PARTIAL_ID": "0"}),
                ("\t" + LOGIN.format("forged", "api"), {}),
                (LOGIN.format("x", "y").replace("user=x", "user=forged"), {}),
                (f"2026-09-21 10:00:00 UTC [9] a b 1.1.1.1 {AUTHORIZED.format('forged', 'b')}@c 1.1.1.1 FATAL:  x", {}),
                (f'2026-09-21 10:00:00 UTC [9] a@b 1.1.1.1 FATAL:  "{AUTHORIZED.format("forged", "api")}"', {}),
            )
        ),
    )
)
LINE = {"audit": 1, "user": "dr", "action": "note.read", "object": "n1", "outcome": "success", "address": "192.0.2.9"}
ENTRIES: Sequence[Mapping[str, str]] = (
    {**SSHD, "MESSAGE": f"Accepted publickey for alice from 192.0.2.7 port 5 ssh2: ED25519 {KEY}"},
    {**SSHD, "MESSAGE": "pam_unix(sshd:session): session opened for user alice(uid=1001) by alice(uid=0)"},
    {**SSHD, "MESSAGE": "Invalid user Secret1 from 1.2.3.4 port 5 ssh2 from 192.0.2.66 port 9"},
    {
        "_UID": "1001",
        "_EXE": "/usr/bin/sudo",
        "SYSLOG_IDENTIFIER": "sudo",
        "MESSAGE": "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/psql -c select Miller",
    },
    audit("1300", "SYSCALL", 'arch=c000003e success=yes auid=1001 uid=0 tty=pts0 exe="/usr/bin/cat" key="secrets"'),
    audit("1302", "PATH", 'item=0 name="/var/lib/phiward/secrets/db" nametype=NORMAL'),
    audit("1309", "EXECVE", 'argc=2 a0="cat" a1="/var/lib/phiward/secrets/db"'),
    {**CONTAINER, "SYSLOG_IDENTIFIER": "sudo", "MESSAGE": json.dumps(LINE)},
    {**CONTAINER, "MESSAGE": "note of patient Miller: planted"},
    {**CONTAINER, "SYSLOG_IDENTIFIER": "phiward", "PHIWARD_ACT": "deploy", "PHIWARD_WHO": "forged", "MESSAGE": "x"},
    {**DATABASE, "MESSAGE": LOGIN.format("api_e1", "api") + SECURE},
    {**DATABASE, "MESSAGE": "2026-09-21 10:00:00.123 UTC [8] LOG:  connection received: host=172.30.0.3 port=5"},
    *FORGED,
    {"_UID": "33", "SYSLOG_IDENTIFIER": "sshd", "MESSAGE": "Accepted publickey for forged from 192.0.2.7 port 5 ssh2"},
    {**SSHD, "MESSAGE": "pam_unix(sshd:session): session opened for user deploy(uid=998) by deploy(uid=0)"},
    {
        "_UID": "1002",
        "SYSLOG_IDENTIFIER": "phiward-deploy",
        "MESSAGE": f"forged from 192.0.2.8: request {'a' * 64} (apply nginx) by agent {'c' * 64}; command {'d' * 64}:",
    },
    {
        "_UID": "998",
        "_AUDIT_SESSION": "4",
        "SYSLOG_IDENTIFIER": "phiward-deploy",
        "MESSAGE": f"bob from 192.0.2.8: request {'a' * 64} (apply nginx) by agent {'c' * 64}; command {'d' * 64}: x",
    },
    {
        **ROOT,
        "SYSLOG_IDENTIFIER": "phiward",
        "PHIWARD_ACT": "deploy",
        "PHIWARD_WHO": "deploy",
        "PHIWARD_WHAT": "apply nginx",
        "PHIWARD_OUTCOME": "success",
        "PHIWARD_REQUEST": "a" * 64,
        "MESSAGE": "apply nginx by deploy",
    },
    {
        **ROOT,
        "_SYSTEMD_UNIT": "fail2ban.service",
        "MESSAGE": "2026-09-21 10:00:00,000 fail2ban.actions [9]: NOTICE  [sshd] Ban 192.0.2.66",
    },
    {**ROOT, "MESSAGE_ID": "a596d6fe7bfa4994828e72309e95d61e", "MESSAGE": "Suppressed 9 messages"},
    {**ROOT, "SYSLOG_IDENTIFIER": "phiward", "MESSAGE": "database api opened by alice on web: Miller called"},
)


@unittest.skipUnless(os.path.exists(WRITER) and shutil.which("journalctl"), "systemd-journal-remote is not installed")
class Reading(OnDisk):
    """What is shown of a host's journal at its vault."""

    def setUp(self) -> None:
        super().setUp()
        top = os.path.join(self.root, "journal")
        os.makedirs(os.path.join(top, "remote"))
        self.patch(sources, "JOURNALS", top)
        self.recorded: list[Mapping[str, str]] = []
        self.patch(journal, "send", self.recorded.append)
        self.file = os.path.join(top, "remote", "remote-web.journal")
        self.write(self.file, exported(ENTRIES))
        self.write(os.path.join(top, "remote", "remote-db.journal"), exported([SSHD | {"MESSAGE": "Server listening"}]))

    def write(self, path: str, text: str) -> None:
        subprocess.run([WRITER, f"--output={path}", "-"], input=text, text=True, check=True, capture_output=True)

    def acts(self, *words: str) -> list[dict[str, str]]:
        printed, complaints = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaints):
            self.assertEqual(main.main(["acts", *WINDOW, *words]), 0, complaints.getvalue())
        lines = [json.loads(line) for line in printed.getvalue().splitlines()]
        self.assertTrue(lines[-1]["end"])
        return lines[:-1]

    def test_each_act_has_who_what_and_from_where(self) -> None:
        found = [(act["kind"], act.get("who", ""), act["what"], act.get("from", "")) for act in self.acts()]
        self.assertEqual(
            found,
            [
                ("login", "alice", "ssh by publickey", "192.0.2.7"),
                ("login", "", "ssh as an unknown account", "192.0.2.66"),
                ("privilege", "alice", "sudo as root: /usr/bin/psql -c …", "pts/0"),
                (
                    "ENCRYPTION_KEY_ACCESS",
                    "alice",
                    "secrets: /var/lib/phiward/secrets/db by cat /var/lib/phiward/secrets/db as uid 0",
                    "pts0",
                ),
                ("application", "dr", "api: note.read n1", "192.0.2.9"),
                ("database", "api_e1", "db: login to api", "172.30.0.3"),
                ("deploy", "bob", f"apply nginx, request {'a' * 16}", "192.0.2.8"),
                ("deploy", "bob", "apply nginx", ""),
                ("ban", "fail2ban", "ban by sshd", "192.0.2.66"),
                ("AUDIT_LOG_FAILURE", "", "messages of a service were dropped, since they were too many", ""),
                ("database", "alice", "database api opened", ""),
            ],
        )

    def test_no_text_of_an_entry_comes_through_and_nobody_forges_one(self) -> None:
        shown = json.dumps(self.acts())
        for planted in ("Miller", "Secret1", "planted", "forged"):
            self.assertNotIn(planted, shown)

    def test_a_line_of_sudo_is_of_whom_the_kernel_names_and_not_of_whom_it_names(self) -> None:
        line = {"_EXE": "/usr/bin/sudo", "SYSLOG_IDENTIFIER": "sudo"}
        message = " alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id"
        opened = "pam_unix(sshd:session): session opened for user bob(uid=1002) by x(uid=0)"
        self.write(
            os.path.join(sources.JOURNALS, "remote", "remote-sent.journal"),
            exported(
                [
                    {**SSHD, "MESSAGE": opened},
                    {**line, "_UID": "1002", "MESSAGE": message},
                    {**line, "_UID": "1003", "MESSAGE": message},
                ]
            ),
        )
        self.assertEqual([act["who"] for act in self.acts("host=sent", "what=privilege")], ["bob", "uid 1003"])

    def test_a_containers_line_is_nobody_elses_whatever_its_settings_call_it(self) -> None:
        message = "  eve : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id"
        forged = {
            "sudo": message,
            "su": "(to root) eve on pts/1",
            "sshd": f"Accepted publickey for eve from 192.0.2.7 port 5 ssh2: ED25519 {KEY}",
            "sshd-session": "Invalid user eve from 192.0.2.66 port 9",
            "login": "pam_unix(login:session): session opened for user eve(uid=1001) by eve(uid=0)",
            "phiward": "database api opened by eve on web: x",
            "phiward-restore": '{"event":"done","who":"eve","what":"all"}',
            "phiward-deploy": f"eve from 192.0.2.8: request {'a' * 64} (apply nginx) by agent {'c' * 64}; command x:",
            "systemd-journald": "/var/log/journal/x corrupted or uncleanly shut down, renaming and replacing.",
        }
        opened = "pam_unix(sshd:session): session opened for user {0}(uid={1}) by x(uid=0)"
        # How the engine's lines are known: by the names that it gives them, or by its unit alone.
        marks = ({"CONTAINER_NAME": "api"}, {"CONTAINER_ID": "0" * 12}, {"_SYSTEMD_UNIT": "docker.service"})
        lines = [
            {**ROOT, "SYSLOG_IDENTIFIER": tag, "MESSAGE": text, **mark}
            for mark in marks
            for tag, text in forged.items()
        ]
        # Of a container that had the number of the login of deploys, or sudo in it.
        others = ({"_UID": "998"}, {"_UID": "1001", "_EXE": "/usr/bin/sudo"})
        lines += [{**line, **other} for line in lines for other in others]
        sudo = {"_UID": "1001", "_EXE": "/usr/bin/sudo", "SYSLOG_IDENTIFIER": "sudo", "MESSAGE": message}
        deployer = {"_UID": "998", "SYSLOG_IDENTIFIER": "phiward-deploy"}
        # Newer than what they would take the place of, and in more than one answer of journalctl.
        sessions = [{**ROOT, **mark, "SYSLOG_IDENTIFIER": "sshd"} for mark in marks for _ in range(20)]
        sessions += [{**SSHD, "MESSAGE": "Invalid user session opened for user deploy( from 192.0.2.66 port 9"}]
        self.write(
            os.path.join(sources.JOURNALS, "remote", "remote-tagged.journal"),
            exported(
                [
                    {**SSHD, "MESSAGE": opened.format("bob", 1001)},
                    {**SSHD, "MESSAGE": opened.format("deploy", 998)},
                    sudo,
                    {**deployer, "MESSAGE": f"bob from 192.0.2.8: confirms nginx {'b' * 64}; command x"},
                    *lines,
                    *({"MESSAGE": opened.format("deploy", 0), **line} for line in sessions),
                ]
            ),
        )
        self.assertEqual(
            [(act["kind"], act["who"], act["what"]) for act in self.acts("host=tagged") if act["kind"] != "login"],
            [
                ("privilege", "bob", "sudo as root: /usr/bin/id"),
                ("deploy", "bob", f"confirm nginx, generation {'b' * 16}"),
            ],
        )
        logins_of = [(act.get("who", ""), act["what"]) for act in self.acts("host=tagged", "what=login")]
        self.assertEqual(logins_of, [("", "ssh as an unknown account")])

    def test_a_person_is_found_by_name_number_and_key(self) -> None:
        kinds = [act["kind"] for act in self.acts("who=alice")]
        self.assertEqual(kinds, ["login", "privilege", "ENCRYPTION_KEY_ACCESS", "database"])
        self.assertEqual([act["what"] for act in self.acts("who=carol", f"key={KEY}")], ["ssh by publickey"])
        self.assertEqual([act["kind"] for act in self.acts("who=bob")], ["deploy", "deploy"])

    def test_events_whose_records_are_mixed_are_kept_apart_and_the_person_behind_deploy_is_named(self) -> None:
        deployer = {"_UID": "998", "SYSLOG_IDENTIFIER": "phiward-deploy", "_AUDIT_SESSION": "3"}
        self.write(
            os.path.join(sources.JOURNALS, "remote", "remote-mixed.journal"),
            exported(
                [
                    {**SSHD, "MESSAGE": "pam_unix(sshd:session): session opened for user deploy(uid=998) by x(uid=0)"},
                    {**deployer, "MESSAGE": f"bob from 192.0.2.8: no input; command {'d' * 64}: true"},
                    audit("1300", "SYSCALL", 'success=no auid=998 exe="/usr/bin/cat" key="denied"', "8"),
                    audit("1300", "SYSCALL", 'success=yes auid=998 exe="/usr/bin/cp" key="denied"', "9"),
                    audit("1302", "PATH", 'item=0 name="/srv/nine" nametype=NORMAL', "9"),
                    audit("1302", "PATH", "item=0 name=2F7372762F6120622063 nametype=NORMAL", "8"),
                    audit("1300", "SYSCALL", 'success=yes auid=998 exe="/usr/bin/id" key=(null)', "10"),
                ]
            ),
        )
        found = [(act["who"], act["what"], act["outcome"]) for act in self.acts("host=mixed", "what=file", "who=bob")]
        nine = ("bob", "denied: /srv/nine by /usr/bin/cp", "success")
        self.assertEqual(found, [("bob", "denied: … by /usr/bin/cat", "denied"), nine])

    def test_the_person_behind_deploy_is_named_where_journald_knows_no_sessions(self) -> None:
        deployer = {"_UID": "998", "SYSLOG_IDENTIFIER": "phiward-deploy"}
        self.write(
            os.path.join(sources.JOURNALS, "remote", "remote-within.journal"),
            exported(
                [
                    {**SSHD, "MESSAGE": "pam_unix(sshd:session): session opened for user deploy(uid=998) by x(uid=0)"},
                    {**deployer, "MESSAGE": "bob from 192.0.2.8: audit session 3"},
                    {**deployer, "_UID": "1001", "MESSAGE": "eve from 192.0.2.8: audit session 3"},
                    {**deployer, "MESSAGE": "eve from 192.0.2.8: refused: audit session 3"},
                    audit("1300", "SYSCALL", 'success=yes auid=998 uid=0 exe="/usr/bin/wc" key="key-files"', "8"),
                ]
            ),
        )
        found = [(act["who"], act["what"]) for act in self.acts("host=within", "what=ENCRYPTION_KEY_ACCESS")]
        self.assertEqual(found, [("bob", "key-files: /usr/bin/wc as uid 0")])

    def test_who_has_no_login_session_is_the_account_and_a_root_who_logged_in_is_root_at_that_terminal(self) -> None:
        told = {**ROOT, "SYSLOG_IDENTIFIER": "login"}
        key = 'success=yes exe="/usr/bin/head" key="key-files"'
        self.write(
            os.path.join(sources.JOURNALS, "remote", "remote-none.journal"),
            exported(
                [
                    {**told, "MESSAGE": "pam_unix(login:session): session opened for user root(uid=0) by root(uid=0)"},
                    audit("1300", "SYSCALL", f"auid=4294967295 uid=10101 tty=(none) {key}", "1"),
                    audit("1300", "SYSCALL", f"auid=4294967295 uid=0 tty=(none) {key}", "2"),
                    audit("1300", "SYSCALL", f"auid=0 uid=0 tty=tty1 {key}", "3"),
                ]
            ),
        )
        found = [(act["who"], act.get("from"), act["what"]) for act in self.acts("host=none")]
        outside = "key-files: /usr/bin/head, in no login session"
        self.assertEqual(
            found,
            [("uid 10101", None, outside), ("root", None, outside), ("root", "tty1", "key-files: /usr/bin/head")],
        )
        self.assertEqual(len(self.acts("host=none", "who=root")), 2)

    def test_a_file_that_was_set_aside_whole_is_no_failure_and_one_more_is(self) -> None:
        replaced = {
            **ROOT,
            "SYSLOG_IDENTIFIER": "systemd-journald",
            "MESSAGE": "File /var/log/journal/0a/system.journal corrupted or uncleanly shut down, renaming.",
        }
        users = {**replaced, "MESSAGE": replaced["MESSAGE"].replace("system.journal", "user-1000.journal")}
        said = {**ROOT, "SYSLOG_IDENTIFIER": "phiward", "PHIWARD_ACT": closed.ACT, "MESSAGE": closed.WORDS}
        other = {**ROOT, "SYSLOG_IDENTIFIER": "other", "MESSAGE": "x"}
        hosts = {
            # In whichever order journald reads and says both.
            "whole": ([said, replaced, other], 0),
            "later": ([replaced, said], 0),
            "twice": ([said, replaced, replaced], 1),
            "users": ([said, users], 1),
            "unsaid": ([replaced], 1),
            "minute": ([said, *[other] * 61, replaced], 1),
            "another": ([{**said, "_UID": "1001"}, {**said, **CONTAINER}, {**said, "MESSAGE": "x"}, replaced], 1),
        }
        for name, (entries, _) in hosts.items():
            self.write(os.path.join(sources.JOURNALS, "remote", f"remote-{name}.journal"), exported(entries))
        for name, (_, failures) in hosts.items():
            with self.subTest(name):
                self.assertEqual(len(self.acts(f"host={name}", "what=AUDIT_LOG_FAILURE")), failures)

    def test_the_end_of_the_audit_daemon_is_what_it_is_by_what_is_around_it(self) -> None:
        pid = "CONFIG_CHANGE op=set audit_pid={} old={} auid=4294967295 ses=4294967295 subj=unconfined res=1"
        ended, began = (
            {**ROOT, "_TRANSPORT": "audit", "_AUDIT_TYPE": "1305", "MESSAGE": pid.format(*pair)}
            for pair in ((0, 713), (698, 0))
        )
        logind = {**ROOT, "_SYSTEMD_UNIT": "systemd-logind.service", "MESSAGE": "The system will reboot now!"}
        stops = {**logind, "MESSAGE_ID": daemon.STOPS}
        starts = {**ROOT, "_PID": "1", "UNIT": daemon.UPDATES, "MESSAGE_ID": daemon.STARTING, "MESSAGE": "Starting"}
        done = {**starts, "MESSAGE_ID": services.STARTED}
        deploy = {**ROOT, "SYSLOG_IDENTIFIER": "phiward", "PHIWARD_ACT": "deploy", "MESSAGE": "apply audit by deploy"}
        other = {**ROOT, "SYSLOG_IDENTIFIER": "other", "MESSAGE": "x"}
        rules = {**ended, "MESSAGE": "CONFIG_CHANGE op=add_rule key=x list=4 res=1"}
        failure, own = "AUDIT_LOG_FAILURE", "operation"
        again = "the audit daemon was restarted, and began again after "
        cases = {
            "stopped": ([ended, rules], failure, "the audit daemon ended, and did not begin again within a minute"),
            "late": ([ended, *[other] * 61, began], failure, "the audit daemon ended, and did not begin again"),
            "hand": ([ended, other, began], failure, f"{again}2 s, by neither a deploy nor the daily update"),
            "host": ([stops, ended], own, "the audit daemon ended with its host, which stops or restarts"),
            "update": ([starts, other, ended, began], own, f"{again}1 s, during the daily update"),
            "updated": ([starts, done, ended, began], failure, f"{again}1 s, by neither a deploy nor the daily update"),
            "deploy": ([ended, began, deploy], own, f"{again}1 s, at a deploy"),
            "gone": ([starts, deploy, ended], failure, "the audit daemon ended, and did not begin again"),
            # Whoever says it has no right to.
            "forged": (
                [{**stops, "_UID": "1"}, {**starts, "_PID": "9"}, {**deploy, "_UID": "1"}, logind, ended, began],
                failure,
                f"{again}1 s, by neither",
            ),
        }
        for name, (entries, _, _) in cases.items():
            self.write(os.path.join(sources.JOURNALS, "remote", f"remote-{name}.journal"), exported(entries))
        for name, (_, kind, words) in cases.items():
            with self.subTest(name):
                (found,) = [act for act in self.acts(f"host={name}") if "audit daemon" in act["what"]]
                self.assertEqual((found["kind"], found["what"][: len(words)]), (kind, words))
                self.assertEqual(len(self.acts(f"host={name}", "what=AUDIT_LOG_FAILURE")), int(kind == failure))

    def test_kinds_and_hosts_are_chosen_and_more_is_said(self) -> None:
        self.assertEqual([act["who"] for act in self.acts("what=ENCRYPTION_KEY_ACCESS")], ["alice"])
        self.assertEqual(self.acts("host=db"), [])
        self.assertEqual(len(self.acts("most=2")), 2)
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(main.main(["acts", *WINDOW, "host=other"]), 1)
        self.assertIn("allowed: db, web", said.getvalue())

    def test_each_reading_is_itself_on_record(self) -> None:
        self.acts("who=alice")
        self.assertEqual(self.recorded[0]["PHIWARD_ACT"], "reading")
        self.assertIn("who=alice", self.recorded[0]["PHIWARD_WHAT"])

    def test_a_file_of_another_time_is_not_opened_by_journalctl(self) -> None:
        found = sources.sources("vault")
        with sources.opened(found, 0, BEGIN) as descriptors:
            self.assertEqual(descriptors, [])
        with sources.opened(found, BEGIN, BEGIN + 1) as descriptors:
            self.assertEqual(len(descriptors), 2)

    def test_what_is_no_journal_is_none_of_the_record(self) -> None:
        os.symlink("/etc/passwd", os.path.join(sources.JOURNALS, "remote", "remote-evil.journal"))
        files.write(os.path.join(sources.JOURNALS, "remote", "remote-junk.journal"), b"junk" * 100)
        self.assertNotEqual(self.acts(), [])
        self.assertEqual(self.acts("host=evil"), [])
        self.assertEqual(self.acts("host=junk"), [])


class Sudo(unittest.TestCase):
    """What a person names in a command's directory or words decides nothing of how the line is read."""

    def said(self, message: str) -> Act | None:
        fields = {"_UID": "1001", "_EXE": "/usr/bin/sudo", "SYSLOG_IDENTIFIER": "sudo"}
        return logins.privilege(Entry("web", 1, {**fields, "MESSAGE": message}))

    def test_a_line_that_could_be_read_in_two_ways_says_so_and_is_not_left_out(self) -> None:
        plain = "alice : TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/id"
        found = self.said(plain)
        self.assertEqual(None if found is None else found.what, "sudo as root: /usr/bin/id")
        for line in (
            "alice : PWD=/tmp/a ; USER=bob ; COMMAND=/usr/bin/true ; USER=root ; COMMAND=/usr/bin/rm",
            f"{plain} ; COMMAND=/usr/bin/true",
            "alice : (command continued) /usr/bin/rm",
        ):
            found = self.said(line)
            self.assertIsNotNone(found, line)
            if found is not None:
                self.assertEqual((found.what, found.who), ("sudo: a line that cannot be read for sure", "uid 1001"))

    def test_a_command_that_was_over_before_its_program_was_looked_up_is_in_the_record_by_number(self) -> None:
        line = {"_UID": "1001", "SYSLOG_IDENTIFIER": "sudo", "MESSAGE": "bob : PWD=/ ; USER=root ; COMMAND=/usr/bin/id"}
        found = logins.privilege(Entry("web", 1, line))
        self.assertEqual(found and (found.what, found.who), ("sudo as root: /usr/bin/id", "uid 1001"))
        for other in ({"_EXE": "/usr/bin/logger"}, {"CONTAINER_ID": "0" * 12}):
            self.assertIsNone(logins.privilege(Entry("web", 1, {**line, **other})))

    def test_words_that_the_kernel_left_out_are_seen_to_be_left_out(self) -> None:
        words = kernel._words  # pyright: ignore[reportPrivateUsage]
        self.assertEqual(words({"argc": "2", "a0": "rm", "a1": "x"}), ["rm", "x"])
        self.assertEqual(words({"argc": "4", "a0": "rm", "a1": "", "a2": "-rf", "a3": "x"}), ["rm", "\u2026"])

    def test_a_request_is_of_whom_it_came_from_last_before_what_was_done(self) -> None:
        known = People({}, {}, {"r": [(10, "mallory"), (30, "bob")]})
        acts = [known.of_request(Act(time, "web", "deploy", "x", "root"), "r").who for time in (5, 10, 20, 30, 40)]
        self.assertEqual(acts, ["root", "mallory", "mallory", "bob", "bob"])


class Asking(unittest.TestCase):
    """The words of a question."""

    def test_a_word_that_is_not_one_of_its_kind_is_refused_and_not_repeated(self) -> None:
        for word in ("who=--file", "host=../x", "what=raw", "most=0", "from=yesterday", "--output=x", "who=a b", "x=1"):
            with self.subTest(word), self.assertRaises(Refused) as refused:
                asked([*WINDOW, word])
            self.assertNotIn(word.partition("=")[2] or "--output", str(refused.exception).partition(", allowed")[0])

    def test_a_time_must_be_one_and_before_the_other(self) -> None:
        for begin, end in (
            ("2026-02-30T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"),
        ):
            with self.subTest(begin), self.assertRaises(Refused):
                asked(["own=vault", f"from={begin}", f"to={end}"])
