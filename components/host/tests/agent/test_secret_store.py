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

    def escrow(self) -> dict[str, str]:
        """What is in the directory of escrows, without records."""
        directory = pathlib.Path(self.base, "escrow")
        return {path.name: path.read_text() for path in sorted(directory.glob("*.age"))}

    def sealing(self) -> None:
        """An age whose output shows what was sealed to whom."""
        self.run_with(lambda argv, stdin: Completed(0, f"{argv[-1]} {stdin or ''}", ""))

    def test_an_escrow_is_never_overwritten_by_another_value(self) -> None:
        """Such as a secret that a restore brought back, or one of a service that was taken out and put back."""
        self.sealing()
        keep_secrets(self.plan(recipients=["age1owner"]))
        first = self.stored("db-api.1")
        pathlib.Path(self.base, "secrets/db-api.1").write_text("restored")
        self.assertEqual(keep_secrets(self.plan(recipients=["age1owner"])), ["escrow db-api.1"])
        found = self.escrow()
        self.assertEqual(found.pop("db-api.1.age"), "age1owner restored\n")
        self.assertRegex(" ".join(found), r"^db-api\.1\.former-[0-9a-f]{16}\.age$")
        self.assertEqual(list(found.values()), [f"age1owner {first}\n"])
        # To another recipient and back, of the same value: nothing is left beside.
        for recipient in ("age1other", "age1owner"):
            keep_secrets(self.plan(recipients=[recipient]))
        self.assertEqual(len(self.escrow()), 2)

    def test_an_escrow_of_an_earlier_version_stays_as_it_is_and_beside_the_next_one(self) -> None:
        self.sealing()
        keep_secrets(self.plan(recipients=["age1owner"]))
        hashed = pathlib.Path(self.base, "escrowed/db-api.1.sha256")
        hashed.unlink()
        before = self.escrow()
        self.assertEqual(keep_secrets(self.plan(recipients=["age1owner"])), [])
        self.assertEqual(self.escrow(), before)
        self.assertTrue(hashed.exists())
        hashed.unlink()
        self.assertEqual(keep_secrets(self.plan(recipients=["age1other"])), ["escrow db-api.1"])
        self.assertEqual(len(self.escrow()), 2)

    def test_an_escrow_that_is_gone_is_made_again(self) -> None:
        self.sealing()
        keep_secrets(self.plan(recipients=["age1owner"]))
        os.unlink(os.path.join(self.base, "escrow/db-api.1.age"))
        self.assertEqual(keep_secrets(self.plan(recipients=["age1owner"])), ["escrow db-api.1"])
        self.assertEqual(self.escrow()["db-api.1.age"], f"age1owner {self.stored('db-api.1')}\n")

    def test_a_secret_that_is_gone_is_asked_for_and_no_other_value_takes_its_place(self) -> None:
        self.sealing()
        keep_secrets(self.plan(recipients=["age1owner"]))
        before = self.escrow()
        os.unlink(os.path.join(self.base, "secrets/db-api.1"))
        with self.assertRaisesRegex(Refused, r"^secret db-api\.1: .*/secrets/db-api\.1 is missing, .*age --decrypt"):
            keep_secrets(self.plan(recipients=["age1owner"]))
        self.assertEqual(self.escrow(), before)
        made = keep_secrets(self.plan(epoch=2, recipients=["age1owner"]))
        self.assertEqual(made, ["escrow db-api.2", "secret db-api.2"])

    def test_one_that_was_cut_off_while_it_was_made_is_made_again(self) -> None:
        self.sealing()
        keep_secrets(self.plan(recipients=["age1owner"]))
        for name in ("secrets/db-api.1", "escrow/db-api.1.json"):
            os.unlink(os.path.join(self.base, name))
        self.assertEqual(keep_secrets(self.plan(recipients=["age1owner"])), ["escrow db-api.1", "secret db-api.1"])
        self.assertEqual(len(self.escrow()), 2)

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
        other = plan_of(made=[{**made, "recipient": "age1other"}])
        make_secret("unit", other.made[0])
        self.assertEqual(len(list(pathlib.Path(self.base, "escrow").glob("*.age"))), 2)
        os.unlink(os.path.join(self.base, "escrow/break-glass.2.age"))
        self.assertEqual([entry.id for entry in due_secrets(other)], ["break-glass"])
