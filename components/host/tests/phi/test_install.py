"""The schema `phi`: what makes it, what says that it is as declared, and what of a dump a restore takes."""

import unittest
from dataclasses import replace

from phiward_host.backup import patients
from phiward_host.common.errors import Failed
from phiward_host.phi import objects
from phiward_host.phi.function import CALLED, KEY_READER, OWNER, PADDING
from phiward_host.phi.functions import functions
from phiward_host.phi.install import differences, install, require_keys
from phiward_host.phi.settings import PhiDatabase
from tests.fake_docker import DockerTest

READS = PhiDatabase("db", "api", ("api",), ("api",), 2)
WRITES = PhiDatabase("db", "form", (), ("form",), 2)
ROLES = "".join(f"{line}\n" for line in objects.ROLE_FACTS)
LISTED = [
    ";",
    "8; 2615 1 SCHEMA - phi phiward__phi",
    "9; 0 0 ACL - SCHEMA phi phiward__phi",
    "7; 2615 2 SCHEMA - phi_crypto phiward__phi",
    "5; 2615 2 SCHEMA - phiz api",
    "10; 1255 3 FUNCTION phi box(bytea) phiward__phi",
    "11; 1259 4 TABLE phi encryption_keys phiward__phi",
    "12; 1259 5 TABLE public phi api",
    "13; 0 4 TABLE DATA phi encryption_keys phiward__phi",
    "14; 0 6 TABLE DATA phi phi_access_log phiward__phi",
    "15; 0 7 TABLE DATA phi key_file phiward__key",
    "16; 0 0 SEQUENCE SET phi phi_access_log_id_seq phiward__phi",
    "17; 0 5 TABLE DATA public phi api",
]


class Install(DockerTest):
    def test_makes_roles_from_outside_and_all_else_as_who_owns_it(self) -> None:
        install(READS, "api")
        calls = self.calls()
        users = [call.argv[-1].split("user='")[1].split("'")[0] for call in calls]
        self.assertEqual(users, ["postgres", OWNER, OWNER, "postgres"])
        roles, _, made, after = (call.stdin for call in calls)
        self.assertIn(f"ALTER ROLE {OWNER} LOGIN CONNECTION LIMIT 10 INHERIT NOSUPERUSER", roles)
        self.assertIn(f"ALTER ROLE {KEY_READER} NOLOGIN INHERIT NOSUPERUSER", roles)
        self.assertTrue(made.startswith("BEGIN;\n"))
        self.assertTrue(made.endswith("COMMIT;\n"))
        self.assertEqual(after, f'REVOKE CREATE ON DATABASE "api" FROM {OWNER};\n')

    def test_refuses_what_an_application_made_by_its_names(self) -> None:
        self.answer("extension pgcrypto of", "schema phi of api\n")
        with self.assertRaisesRegex(Failed, "^database api in db: found schema phi of api, allowed: none before"):
            install(READS, "api")
        self.assertNotIn("CREATE SCHEMA", "".join(call.stdin for call in self.calls()))

    def test_names_what_is_another(self) -> None:
        facts = objects.facts(READS, "api")
        self.answer("rolcanlogin", ROLES)
        self.answer("prosrc", "".join(f"{line}\n" for line in facts))
        self.assertEqual(differences(READS, "api"), [])
        self.setUp()
        spoilt = {line.replace("|definer|", "|invoker|") if "decrypt_phi(" in line else line for line in facts}
        self.answer("rolcanlogin", ROLES)
        self.answer("prosrc", "".join(f"{line}\n" for line in spoilt))
        self.assertEqual(differences(READS, "api"), ["function phi.decrypt_phi(bytea,text)"])

    def test_refuses_keys_that_the_master_key_of_this_host_does_not_open(self) -> None:
        require_keys(READS)
        self.answers.append(
            ("data_key", 3, "", "ERROR:  phi: wrong key: key 1 is not opened by master key 1 of this host")
        )
        self.save()
        with self.assertRaisesRegex(
            Failed, "^database api in db: its keys are not opened: .*wrong key.* from its escrow"
        ):
            require_keys(READS)


class Objects(unittest.TestCase):
    def test_give_no_right_to_the_public_and_none_to_read_to_who_only_writes(self) -> None:
        text = "\n".join(objects.statements(WRITES, "form"))
        self.assertNotIn("TO PUBLIC", text)
        granted = [line for line in text.split("\n") if line.startswith("GRANT EXECUTE") and '"form"' in line]
        self.assertEqual(
            [line.split("phi.")[1].split("(")[0] for line in granted],
            ["encrypt_phi", "encrypt_phi", "lookup", "reencrypt", "renew"],
        )

    def test_let_auditors_read_the_record_of_accesses_and_nothing_else(self) -> None:
        audited = replace(READS, auditors="api__auditor")
        text = "\n".join(objects.statements(audited, "api"))
        self.assertEqual(text.count('"api__auditor"'), 2)
        self.assertIn('GRANT SELECT ON TABLE phi.phi_access_log TO "api__auditor";', text)
        (line,) = (fact for fact in objects.facts(audited, "api") if "relation phi_access_log|" in fact)
        self.assertTrue(line.endswith("|api__auditor=SELECT,phiward_api=SELECT"), line)
        self.assertEqual(len([fact for fact in objects.facts(audited, "api") if "api__auditor" in fact]), 2)
        self.assertNotIn("auditor", "".join(objects.facts(READS, "api")))

    def test_pin_what_a_session_may_set_in_each_function_that_is_called(self) -> None:
        for function in functions(1):
            with self.subTest(function.name):
                self.assertEqual(function.settings[0], "search_path=pg_catalog, pg_temp")
                if function.definer:
                    self.assertEqual(tuple(function.settings[: len(CALLED)]), CALLED)

    def test_keep_the_master_key_behind_what_an_error_shows_of_a_line(self) -> None:
        # limit_printout_length of PostgreSQL's copyfrom.c.
        self.assertGreater(PADDING, 100)


class Dumps(unittest.TestCase):
    def test_are_told_apart_from_a_schema_that_an_application_made(self) -> None:
        self.assertTrue(any(map(patients.IS_OURS.match, LISTED)))
        self.assertFalse(patients.IS_OURS.match("11; 1259 4 TABLE phi encryption_keys api"))

    def test_give_a_restore_the_applications_own_and_of_ours_keys_and_record_alone(self) -> None:
        own = [line.split(";")[0] for line in patients.not_ours(LISTED)]
        self.assertEqual(own, ["", "5", "12", "17"])
        named = ("9; 1259 4 TABLE phi x notes api", "9; 0 4 TABLE DATA phi x notes api", "9; 2615 1 SCHEMA - phi x api")
        self.assertEqual(patients.not_ours(named), [*named])
        self.assertEqual([line.split(";")[0] for line in LISTED if patients.DATA.match(line)], ["13", "14", "16"])
