"""This host's own authority: it vouches for the host's databases to its services, and for nothing and nobody else.

Its key is made here, is root's alone, and leaves the host in no way: not by backups, which have nothing of
/var/lib/phiward, and by no escrow, since a new host makes another. It is renewed by a second one beside it: clients
trust both for a year before the new one issues anything, by which time each has read the file that lists them.
"""

import re
import time
from dataclasses import dataclass

from phiward_host.certificates import pair
from phiward_host.certificates.pair import Examined, Issuer
from phiward_host.common import files, trees
from phiward_host.common.errors import Failed

DAY = 86400
DAYS = 3650
# The next one is made when the last has so many days left, and issues when the one before has so many.
NEXT_DAYS = 800
LAST_DAYS = 400
REQUEST = """[req]
distinguished_name = subject
x509_extensions = authority
prompt = no
[subject]
O = phiward
CN = authority {number} of this host
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
"""
KEY = pair.KEY_TYPES["ecdsa-p384"]


@dataclass(frozen=True)
class OwnAuthority:
    """Its generations, in a directory that is root's alone, each in one of its own by its number."""

    home: str

    @property
    def trusted(self) -> str:
        """Path of the certificates that clients trust, oldest first."""
        return f"{self.home}/authority.pem"

    def is_current(self) -> bool:
        """Whether there is one that will last, and clients are shown what there is. Raises Failed."""
        good = self._good()
        return self._lasts(good) and files.read_text_if_any(self.trusted) == self._text(good)

    def renew(self) -> None:
        """Makes what is due. Raises Failed; whatever was interrupted is finished by the next run."""
        files.make_directory(self.home)
        good = self._good()
        if not self._lasts(good):
            for number in set(self._numbers()) - set(good):
                trees.remove_tree(f"{self.home}/{number}")
            self._make(1 + max(self._numbers(), default=0))
            good = self._good()
        text = self._text(good)
        if files.read_text_if_any(self.trusted) != text:
            files.write(self.trusted, text, mode=0o600)

    def issuer(self) -> Issuer:
        """Who issues: the oldest that lasts longer than what it issues. Raises Failed where there is none yet."""
        good = self._good()
        lasting = [number for number, end in good.items() if end > time.time() + LAST_DAYS * DAY] or [*good][-1:]
        if not lasting:
            raise Failed("this host has no authority of its own yet; the next deploy makes it: npx phiward up")
        home = f"{self.home}/{lasting[0]}"
        return Issuer(f"{home}/certificate.pem", f"{home}/key.pem", self.trusted)

    def _numbers(self) -> list[int]:
        return sorted(int(name) for name in files.names_if_any(self.home) if re.fullmatch("[1-9][0-9]{0,6}", name))

    def _good(self) -> dict[int, float]:
        """The generations that are whole and not over, oldest first, each with its end."""
        ends: dict[int, float] = {}
        for number in self._numbers():
            found: Examined = pair.examine(f"{self.home}/{number}")
            if found.fault is None and found.certificate is not None and found.certificate.not_after > time.time():
                ends[number] = found.certificate.not_after
        return ends

    @staticmethod
    def _lasts(good: dict[int, float]) -> bool:
        return any(end > time.time() + NEXT_DAYS * DAY for end in good.values())

    def _text(self, good: dict[int, float]) -> str:
        return "".join(files.read_text(f"{self.home}/{number}/certificate.pem") for number in good)

    def _make(self, number: int) -> None:
        home = f"{self.home}/{number}"
        with pair.made(home):
            what = "could not make this host's own authority"
            pair.openssl(what, ["genpkey", *KEY.options, "-out", f"{home}/key.pem"])
            paths = ["-key", f"{home}/key.pem", "-config", "/dev/stdin", "-out", f"{home}/certificate.pem"]
            words = ["req", "-x509", "-new", "-sha384", "-days", str(DAYS), *paths]
            pair.openssl(what, words, REQUEST.format(number=number))
