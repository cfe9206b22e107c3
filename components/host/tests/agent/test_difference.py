"""What of a host differs from a plan."""

import base64
import grp
import json
import os
import pwd

from phiward_host.agent.content import VersionCase, Versioned
from phiward_host.agent.difference import Gone, difference, version_text
from phiward_host.common.errors import Refused
from phiward_host.common.process import Completed
from tests.agent.plans import file_of, plan_of
from tests.support import InDirectory


class Versions(InDirectory):
    def text(self, answer: str) -> str:
        self.run_with(lambda argv, stdin: Completed(0, "", answer))
        cases = [VersionCase([9, 9], "new"), VersionCase([8, 5], "middle")]
        return version_text(Versioned(["ssh", "-V"], "OpenSSH_(\\d+)\\.(\\d+)", cases, "oldest"))

    def test_the_newest_text_that_the_version_reaches(self) -> None:
        rows = {
            "OpenSSH_10.0p2": "new",
            "OpenSSH_9.9p1": "new",
            "OpenSSH_9.10p1": "new",
            "OpenSSH_9.2p1": "middle",
            "OpenSSH_8.5": "middle",
            "OpenSSH_8.4p1": "oldest",
        }
        for answer, text in rows.items():
            self.assertEqual(self.text(answer), text, answer)

    def test_an_unknown_version_gets_the_oldest_safe_text(self) -> None:
        for answer in ("", "dropbear", "OpenSSH_next"):
            self.assertEqual(self.text(answer), "oldest")


class Differences(InDirectory):
    def applied(self, *files: str) -> None:
        generation = {"hash": "h", "files": list(files), "directories": []}
        self.path("state/units/unit/generation.json", json.dumps(generation))

    def test_an_exclusive_directory_loses_what_is_not_declared_but_for_what_is_kept(self) -> None:
        for name in ("declared", "README", "stranger", "nested/deep"):
            self.path(f"etc/d/{name}", "x")
        me = f"{pwd.getpwuid(os.getuid()).pw_name}:{grp.getgrgid(os.getgid()).gr_name}"
        exclusive = {"noun": "rule", "keep": ["README"]}
        plan = plan_of(
            directories=[{"path": self.path("etc/d"), "owner": me, "mode": "0755", "exclusive": exclusive}],
            files=[file_of(self.path("etc/d/declared"), {"kind": "text", "text": "x"})],
        )
        found = difference(plan, {})
        self.assertEqual(
            found.gone, [Gone("rule", self.path("etc/d/nested")), Gone("rule", self.path("etc/d/stranger"))]
        )

    def test_a_path_that_is_gone_for_two_reasons_is_named_once(self) -> None:
        stranger = self.path("etc/d/stranger", "x")
        self.applied(stranger)
        plan = plan_of(absent=[{"noun": "key", "glob": self.path("etc/d/*")}])
        self.assertEqual(difference(plan, {}).gone, [Gone("key", stranger)])

    def test_members_of_a_set_are_found_in_groups_of_any_length(self) -> None:
        pattern = "(?:^[^:]+:[^:]*:[0-9]+:|,)([^,\\s]+)"
        entry = {"id": "s", "list": ["x"], "pattern": pattern, "keep": ["b"], "noun": "member", "remove": []}
        rows: list[tuple[str, list[str]]] = [
            ("sudo:x:27:", []),
            ("sudo:x:27:a", ["a"]),
            ("sudo:x:27:a,b,c", ["a", "c"]),
        ]
        for line, members in rows:
            self.run_with(lambda argv, stdin, line=line: Completed(0, f"{line}\n", ""))
            found = difference(plan_of(sets=[entry]), {}).members
            self.assertEqual([member for _, member in found], members)

    def test_a_secret_that_was_not_handed_over_is_refused_by_its_name(self) -> None:
        plan = plan_of(files=[file_of("/nowhere", {"kind": "secret", "secret": "token", "version": "1"}, "0600")])
        with self.assertRaisesRegex(Refused, "its secret token was not handed over"):
            difference(plan, {})
        self.assertEqual(difference(plan, {}, installed=False).files, [])

    def test_a_file_of_an_earlier_plan_stays_where_another_unit_retires_it(self) -> None:
        former = self.path("etc/secret.1", "x")
        self.applied(former)
        self.assertEqual(difference(plan_of(leavesFormerFiles=True), {}).gone, [])
        self.assertEqual([gone.path for gone in difference(plan_of(), {}).gone], [former])

    def test_a_file_may_hold_bytes_that_are_no_text(self) -> None:
        data = bytes(range(256))
        plan = plan_of(
            files=[file_of(self.path("x"), {"kind": "bytes", "bytes": base64.b64encode(data).decode()}, "0755")]
        )
        self.assertEqual([found for _, found in difference(plan, {}).files], [data])
        with self.assertRaisesRegex(Refused, "/x: its content is not valid base64"):
            difference(plan_of(files=[file_of("/x", {"kind": "bytes", "bytes": "no base64!"})]), {})

    def test_a_content_of_a_kind_that_is_unknown_is_refused_with_its_path(self) -> None:
        with self.assertRaisesRegex(Refused, r"plan\.files\.0\.content: this kind of content is unknown"):
            plan_of(files=[file_of("/x", {"kind": "hope", "hope": "y"})])
