"""Verifiers of passwords, against the example of RFC 7677."""

import base64
import hmac
import unittest

from phiward_host.databases.scram import redacted, verifier, verifies

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
STORED = (
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)
# The messages of the example (RFC 7677, section 3) without the client's proof, and the server's signature of them.
MESSAGES = (
    "n=user,r=rOprNGfwEbeRWgbNEkqO,"
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
)
SIGNATURE = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


class Verifiers(unittest.TestCase):
    def test_the_example_of_the_standard(self) -> None:
        self.assertEqual(verifier("pencil", SALT), STORED)
        server_key = base64.b64decode(STORED.rpartition(":")[2])
        signature = hmac.digest(server_key, MESSAGES.encode(), "sha256")
        self.assertEqual(base64.b64encode(signature).decode(), SIGNATURE)

    def test_it_verifies_its_own_password_only(self) -> None:
        self.assertTrue(verifies(STORED, "pencil"))
        self.assertFalse(verifies(STORED, "Pencil"))
        self.assertTrue(verifies(verifier("pencil", b"another salt", 8192), "pencil"))

    def test_other_forms_verify_nothing(self) -> None:
        for stored in ("", "pencil", "md5d5c1ab05d3a6a0dfa36d5f03e76e9b36", "SCRAM-SHA-256$4096"):
            self.assertFalse(verifies(stored, "pencil"))

    def test_an_error_shows_no_verifier(self) -> None:
        self.assertEqual(redacted(f"ERROR: near '{STORED}' at 1"), "ERROR: near '... at 1")
