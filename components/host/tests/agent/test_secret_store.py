"""Secrets that are made on the host."""

import os
import pathlib
from collections.abc import Sequence

from phiward_host.agent.difference import difference
from phiward_host.agent.kept_values import value_in
from phiward_host.agent.plan import Plan
from phiward_host.agent.secret_store import complete_records, due_secrets, keep_secrets, lost_secrets, make_secret
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
        hashed = pathlib.Path(self.base, "fingerprints/db-api.1.sha256")
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

    def test_an_escrow_that_is_gone_or_damaged_is_seen_by_looking_alone_and_made_again(self) -> None:
        self.sealing()
        plan = self.plan(recipients=["age1owner"])
        path = pathlib.Path(self.base, "escrow/db-api.1.age")
        keep_secrets(plan)
        whole = path.read_text()
        for text in (None, "", whole[:10], "x" * len(whole)):
            with self.subTest(text=text):
                self.assertEqual(lost_secrets(plan), [])
                path.unlink()
                if text is not None:
                    path.write_text(text)
                self.assertEqual(lost_secrets(plan), ["escrow db-api.1"])
                self.assertEqual(keep_secrets(plan), ["escrow db-api.1"])
                self.assertEqual(path.read_text(), whole)

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
        for name in ("secrets/db-api.1", "escrow/db-api.1.json", "fingerprints/db-api.1.sha256"):
            os.unlink(os.path.join(self.base, name))
        self.assertEqual(keep_secrets(self.plan(recipients=["age1owner"])), ["escrow db-api.1", "secret db-api.1"])
        self.assertEqual(len(self.escrow()), 2)

    def lose(self, *, text: str | None = None) -> str:
        """The secret's value, once its own file is gone, or holds another text."""
        store = pathlib.Path(self.base, "secrets/db-api.1")
        value = store.read_text()
        if text is None:
            store.unlink()
        else:
            store.write_text(text)
        return value

    def test_a_secret_that_is_gone_or_damaged_is_taken_back_from_the_file_that_has_it(self) -> None:
        keep_secrets(self.plan())
        for text in (None, "", "half", "another\nvalue"):
            with self.subTest(text=text):
                value = self.lose(text=text)
                url = self.path("url", f"postgresql://api:{value}@db")
                self.assertEqual(lost_secrets(self.plan()), ["secret db-api.1"])
                self.assertEqual(keep_secrets(self.plan()), [f"secret db-api.1, recovered from {url}"])
                self.assertEqual(self.stored("db-api.1"), value)
                self.assertEqual(lost_secrets(self.plan()), [])

    def test_a_file_with_another_value_gives_none_back_and_no_other_takes_its_place(self) -> None:
        keep_secrets(self.plan())
        self.lose()
        for text in ("postgresql://api:another@db", "postgresql://api:@db", "", "postgresql://other"):
            with self.subTest(text=text):
                self.path("url", text)
                with self.assertRaisesRegex(Refused, r"^secret db-api\.1: .*/secrets/db-api\.1 is missing"):
                    keep_secrets(self.plan())
                self.assertFalse(os.path.exists(os.path.join(self.base, "secrets/db-api.1")))
        self.assertEqual(keep_secrets(self.plan(epoch=2)), ["secret db-api.2"])

    def test_without_a_record_the_file_of_the_same_epoch_is_believed(self) -> None:
        """Such as where the records were lost with the secret."""
        self.path("url", "postgresql://api:first@db")
        self.assertEqual(keep_secrets(self.plan()), [f"secret db-api.1, recovered from {self.path('url')}"])
        self.assertEqual(self.stored("db-api.1"), "first")

    def test_a_secret_that_a_restore_brought_with_its_file_counts(self) -> None:
        keep_secrets(self.plan())
        self.lose(text="restored")
        self.path("url", "postgresql://api:restored@db")
        self.assertEqual(lost_secrets(self.plan()), ["secret db-api.1"])
        self.assertEqual(keep_secrets(self.plan()), [])
        self.assertEqual(self.stored("db-api.1"), "restored")
        self.assertEqual(lost_secrets(self.plan()), [])

    def test_one_that_was_put_back_by_hand_loses_its_line_break(self) -> None:
        keep_secrets(self.plan())
        value = self.lose()
        pathlib.Path(self.base, "secrets/db-api.1").write_text(value + "\n")
        self.assertRegex(" ".join(keep_secrets(self.plan())), "^secret db-api.1, recovered from ")
        self.assertEqual(self.stored("db-api.1"), value)

    def test_a_record_that_is_damaged_is_made_again_from_the_secret_and_never_a_secret_by_it(self) -> None:
        keep_secrets(self.plan())
        record = pathlib.Path(self.base, "fingerprints/db-api.1.sha256")
        whole = record.read_text()
        for text in ("", whole[:30]):
            record.write_text(text)
            self.assertEqual(lost_secrets(self.plan()), ["secret db-api.1"])
            self.assertEqual(keep_secrets(self.plan()), [])
            self.assertEqual(record.read_text(), whole)
        record.write_text("")
        self.lose()
        with self.assertRaises(Refused):
            keep_secrets(self.plan())

    def test_a_damaged_record_of_an_escrow_has_it_made_again(self) -> None:
        self.sealing()
        keep_secrets(self.plan(recipients=["age1owner"]))
        pathlib.Path(self.base, "escrow/db-api.1.json").write_text('{"recipi')
        self.assertEqual(keep_secrets(self.plan(recipients=["age1owner"])), ["escrow db-api.1"])
        self.assertEqual(keep_secrets(self.plan(recipients=["age1owner"])), [])

    def test_what_programs_of_the_host_set_is_made_anew_and_all_that_is_lost_is_told_at_once(self) -> None:
        kept: dict[str, object] = {"epoch": 1, "length": 43, "recipients": []}
        plan = plan_of(
            kept=[{**kept, "id": "a"}, {**kept, "id": "b"}, {**kept, "id": "cache-redis", "replaceable": True}]
        )
        keep_secrets(plan)
        for name in ("a", "b", "cache-redis"):
            os.unlink(os.path.join(self.base, f"secrets/{name}.1"))
        with self.assertRaisesRegex(Refused, r"^secret a\.1: .*; secret b\.1: "):
            keep_secrets(plan)
        self.assertEqual(len(self.stored("cache-redis.1")), 43)

    def test_a_value_is_found_at_each_of_its_places_or_not_at_all(self) -> None:
        self.assertEqual(value_in("{}", "value"), "value")
        self.assertEqual(value_in("a{}b{}c", "a12b12c"), "12")
        for template, text in (("a{}b{}c", "a12b13c"), ("a{}", "a"), ("a{}", "b1"), ("none", "none")):
            self.assertIsNone(value_in(template, text))

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

    def opening(self, hashes: dict[str, str]) -> Plan:
        """A plan with a password whose account shows the hash of `hashes`; setting it changes that."""

        def answer(argv: Sequence[str], stdin: str | None) -> Completed:
            if argv[0] == "chpasswd":
                hashes["root"] = f"$y${(stdin or '').partition(':')[2]}"
            return Completed(0, f"root:{hashes['root']}:20000:0:99999:7:::\n" if argv[0] == "getent" else "sealed", "")

        self.run_with(answer)
        use = {"argv": ["chpasswd"], "stdin": "root:{}"}
        opens = {"argv": ["getent", "shadow", "root"], "pattern": "^[^:]*:([^:]*):"}
        made = {"id": "break-glass", "epoch": 1, "length": 20, "recipient": "age1owner", "use": use, "opens": opens}
        return plan_of(made=[made])

    def test_a_password_that_opens_the_account_no_more_is_made_anew(self) -> None:
        """Such as after an earlier copy of the state was put back: its record and escrow are of an earlier password."""
        hashes = {"root": "*"}
        plan = self.opening(hashes)
        make_secret("unit", plan.made[0])
        record = pathlib.Path(self.base, "escrow/break-glass.json")
        earlier = record.read_text()
        self.assertEqual(lost_secrets(plan), [])
        make_secret("unit", plan.made[0])
        self.assertEqual(lost_secrets(plan), [])
        record.write_text(earlier)
        self.assertEqual(lost_secrets(plan), ["secret break-glass"])
        self.assertEqual([entry.id for entry in due_secrets(plan)], ["break-glass"])

    def test_a_record_of_an_earlier_version_is_completed_and_its_secret_stays(self) -> None:
        plan = self.opening({"root": "$y$hash"})
        self.path("state/escrow/break-glass.1.age", "sealed")
        record = self.path("state/escrow/break-glass.json", '{"epoch": 1, "recipient": "age1owner"}')
        self.assertEqual(due_secrets(plan), [])
        complete_records(plan)
        self.assertIn("opens", pathlib.Path(record).read_text())
        self.assertEqual(due_secrets(plan), [])

    def test_a_damaged_record_has_the_secret_made_anew(self) -> None:
        plan = self.opening({"root": "*"})
        make_secret("unit", plan.made[0])
        pathlib.Path(self.base, "escrow/break-glass.json").write_text("")
        self.assertEqual([entry.id for entry in due_secrets(plan)], ["break-glass"])
