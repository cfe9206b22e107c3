"""Bans that fail2ban lists, against what the kernel refuses."""

import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path

from phiward_host import banned, bans
from phiward_host.common.process import Completed
from tests.support import InDirectory

BANNED = "[{'sshd': ['192.0.2.7', '2001:db8::7']}, {'nginx-scan': []}]\n"
REJECT: dict[str, object] = {"reject": {"type": "icmp"}}


def rule(name: str, *, verdict: dict[str, object] = REJECT) -> dict[str, object]:
    sender = {"match": {"op": "==", "left": {"payload": {"field": "saddr"}}, "right": f"@{name}"}}
    port = {"match": {"op": "==", "left": {"payload": {"field": "dport"}}, "right": 22}}
    return {"rule": {"chain": "f2b-chain", "expr": [port, sender, verdict]}}


def members(name: str, *elements: object) -> dict[str, object]:
    return {"set": {"name": name, "elem": list(elements)}}


CHAIN: dict[str, object] = {"chain": {"name": "f2b-chain", "hook": "input"}}
WHOLE: list[dict[str, object]] = [
    {"metainfo": {"version": "1.1.3"}},
    {"table": {"name": "f2b-table"}},
    CHAIN,
    members("addr-set-sshd", "192.0.2.7"),
    members("addr6-set-sshd", "2001:db8::7"),
    rule("addr-set-sshd"),
    rule("addr6-set-sshd"),
]


class Missing(InDirectory):
    def setUp(self) -> None:
        super().setUp()
        self.patch(banned, "SETTLE_SECONDS", 0)
        self.clients = Path(self.root, "clients")
        self.patch(banned, "CLIENTS", str(self.clients))
        self.banned, self.table = BANNED, WHOLE
        self.run_with(self.answer)

    def answer(self, argv: Sequence[str], stdin: str | None) -> Completed:
        if argv[0] == "nft":
            return Completed(0 if self.table else 1, json.dumps({"nftables": self.table}), "")
        return Completed(0, self.banned, "")

    def printed(self) -> list[str]:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(bans.main(["missing"]), 0)
        return out.getvalue().splitlines()

    def test_a_ban_is_in_effect_where_a_rule_of_the_chain_refuses_its_set(self) -> None:
        self.assertEqual(self.printed(), [])

    def test_each_part_of_the_way_that_is_gone_is_noticed(self) -> None:
        first, second = "sshd 192.0.2.7", "sshd 2001:db8::7"
        rows: list[tuple[str, list[dict[str, object]], list[str]]] = [
            ("the table", [], [first, second]),
            ("the chain's hook", [{"chain": {"name": "f2b-chain"}}, *WHOLE[3:]], [first, second]),
            ("a rule", WHOLE[:6], [second]),
            ("a set", [entry for entry in WHOLE if entry != WHOLE[3]], [first]),
            ("a member", [members("addr-set-sshd") if entry == WHOLE[3] else entry for entry in WHOLE], [first]),
            ("the refusal", [*WHOLE[:6], rule("addr6-set-sshd", verdict={"accept": None})], [second]),
        ]
        for name, table, expected in rows:
            with self.subTest(gone=name):
                self.table = table
                self.assertEqual(self.printed(), expected)

    def test_a_network_is_found_as_fail2ban_writes_it(self) -> None:
        self.banned = "[{'sshd': ['192.0.2.0/24']}]"
        network = {"prefix": {"addr": "192.0.2.0", "len": 24}}
        self.table = [
            CHAIN,
            members("addr-set-sshd", {"range": ["192.0.3.1", "192.0.3.9"]}, network),
            rule("addr-set-sshd"),
        ]
        self.assertEqual(self.printed(), [])

    def test_a_ban_of_the_web_server_is_in_effect_where_its_file_is(self) -> None:
        self.banned, self.table = "[{'nginx-login': ['192.0.2.7', '2001:db8::7']}]", []
        (self.clients / "nginx-login").mkdir(parents=True)
        (self.clients / "nginx-login" / "2001:db8::7").touch()
        self.assertEqual(self.printed(), ["nginx-login 192.0.2.7"])

    def test_without_a_ban_no_table_is_missed(self) -> None:
        self.banned, self.table = "[{'sshd': []}]", []
        self.assertEqual(self.printed(), [])

    def test_a_fail2ban_that_does_not_answer_is_no_good_answer(self) -> None:
        self.run_with(lambda argv, stdin: Completed(255, "", "Is fail2ban running?"))
        with contextlib.redirect_stderr(io.StringIO()) as err:
            self.assertEqual(bans.main(["missing"]), 1)
        self.assertIn("fail2ban-client exited with status 255", err.getvalue())
