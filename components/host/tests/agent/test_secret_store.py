"""Secrets that are made on the host."""

import os
import pathlib
from collections.abc import Sequence

from phiward_host.agent.difference import difference
from phiward_host.agent.plan import Plan
from phiward_host.agent.secret_store import due_secrets, keep_secrets, make_secret
from phiward_host.common.errors import Refused
from phiward_host.common.process import Completed
from tests.agent.plans import file_of, plan_of
from tests.support import InDirectory


class KeptSecrets(InDirectory):
    def plan(self, epoch: int = 1, recipients: Sequence[str] = ()) -> Plan:
        kept = {"id": "db-api", "epoch": epoch}
        content: dict[str, object] = {"kind": "kept", "kept": {**kept, "template": "postgresql://api:{}@db"}}
        return plan_of(
            kept=[{**kept, "length": 43, "recipients": list(recipients)}],
            leavesFormerFiles=True,
            files=[file_of(self.path("url"), content, "0400")],
        )

    def stored(self, name: str) -> str:
        return pathlib.Path(self.base, "secrets", name).read_text()

    def test_a_secret_is_made_once_and_a_file_gets_it(self) -> None:
        plan = self.plan()
        self.assertEqual(keep_secrets(plan), ["secret db-api.1"])
        value = self.stored("db-api.1")
        self.assertRegex(value, "^[a-zA-Z2-9]{43}$")
        self.assertEqual(keep_secrets(plan), [])
        self.assertEqual(self.stored("db-api.1"), value)
        self.assertEqual(difference(plan, {}).files[0][1].decode(), f"postgresql://api:{value}@db")
        self.assertEqual(os.stat(os.path.join(self.base, "secrets/db-api.1")).st_mode & 0o777, 0o600)

    def test_a_new_epoch_is_another_secret_and_leaves_the_old_one(self) -> None:
        keep_secrets(self.plan())
        old = self.stored("db-api.1")
        self.assertEqual(keep_secrets(self.plan(epoch=2)), ["secret db-api.2"])
        self.assertEqual(self.stored("db-api.1"), old)
        self.assertNotEqual(self.stored("db-api.2"), old)

    def test_a_secret_is_escrowed_before_it_is_there_and_again_for_other_recipients(self) -> None:
        sealed: list[tuple[Sequence[str], str | None, bool]] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            if argv[0] == "age":
                sealed.append((argv[3:], stdin, os.path.exists(os.path.join(self.base, "secrets/db-api.1"))))
            return Completed(0, "sealed", "")

        self.run_with(answer)
        keep_secrets(self.plan(recipients=["age1owner"]))
        value = self.stored("db-api.1")
        self.assertEqual(sealed, [(["age1owner"], value + "\n", False)])
        keep_secrets(self.plan(recipients=["age1owner"]))
        self.assertEqual(len(sealed), 1)
        keep_secrets(self.plan(recipients=["age1owner", "age1vault"]))
        self.assertEqual(sealed[1][:2], (["age1owner", "--recipient", "age1vault"], value + "\n"))
        self.assertEqual(self.stored("db-api.1"), value)

    def test_a_file_whose_secret_is_missing_names_it_and_not_its_content(self) -> None:
        with self.assertRaisesRegex(Refused, "its secret db-api of epoch 1 is not kept on this host"):
            difference(self.plan(), {})
        self.assertEqual(difference(self.plan(), {}, installed=False).files, [])


class MadeSecrets(InDirectory):
    def test_a_secret_is_escrowed_then_used_then_on_record(self) -> None:
        ran: list[tuple[str, str | None]] = []

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            ran.append((argv[0], stdin))
            return Completed(0, "sealed", "")

        self.run_with(answer)
        made = {
            "id": "break-glass",
            "epoch": 2,
            "length": 20,
            "recipient": "age1owner",
            "use": {"argv": ["chpasswd"], "stdin": "root:{}"},
        }
        plan = plan_of(made=[made])
        self.assertEqual([entry.id for entry in due_secrets(plan)], ["break-glass"])
        make_secret("unit", plan.made[0])
        self.assertEqual([program for program, _ in ran], ["age", "chpasswd"])
        self.assertEqual(ran[1][1], f"root:{(ran[0][1] or '').strip()}")
        self.assertEqual(due_secrets(plan), [])
        self.assertEqual([entry.id for entry in due_secrets(plan_of(made=[{**made, "epoch": 3}]))], ["break-glass"])
