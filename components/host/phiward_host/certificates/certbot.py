"""One order at an authority, by certbot(1), for a key that is made here.

By request (`--csr`): certbot keeps the account alone, so that no other timer of its package has anything to renew.
"""

import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from phiward_host.certificates import pair
from phiward_host.certificates.authority import AcmeHome, Authority
from phiward_host.certificates.pair import Declared
from phiward_host.certificates.refusals import Refusal, end_of, refusal
from phiward_host.certificates.store import Offered
from phiward_host.common import files, paths, process, trees
from phiward_host.common.log import RootLog

LOG = RootLog("acme")
# An authority asks from several places, and may take its time.
SECONDS = 240
HOOK = "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz certificates"
REQUEST = """[req]
distinguished_name = subject
[subject]
"""


@dataclass(frozen=True)
class Place:
    """A directory of one order, on no disk."""

    path: str

    def __truediv__(self, name: str) -> str:
        return f"{self.path}/{name}"


def order(home: AcmeHome, declared: Declared, authority: Authority, directory: str) -> Offered | Refusal:
    """Orders a certificate at a directory. Raises Failed where this host is at fault, and OSError."""
    place = Place(f"{paths.RUN}/acme-{secrets.token_hex(8)}")
    files.make_directory(place.path)
    try:
        pair.make_key(place / "key.pem", declared)
        _request(place, declared)
        words = [*_common(home, authority, directory, place), *_results(place), *_of_challenge(home, authority)]
        done = process.run(["certbot", "certonly", *words], timeout=SECONDS, env=_environment(authority, place))
        if done.code == 0:
            return Offered(files.read_text(place / "key.pem"), files.read_text(place / "chain.pem"))
        logged = _logged(place)
        with contextlib.suppress(OSError):
            # A confined unit may write there where the directory is.
            said = [end_of(done.stdout), end_of(done.stderr), logged]
            LOG.write(f"{declared.site} at {directory}: certbot exited {done.code}:", *said)
        if done.code in (process.NOT_FOUND, process.TIMED_OUT):
            return Refusal(process.ended("certbot", done.code), False)
        refused = refusal(done.stdout + done.stderr, logged, time.time())
        if refused.unknown_account:
            trees.remove_tree(_account(home, directory))
        return refused
    finally:
        trees.remove_tree(place.path)


def _logged(place: Place) -> str:
    """The end of certbot's own log; nothing where it is longer than anything of ours, since it holds whole answers."""
    try:
        return end_of(files.read_text_if_any(place / "log/letsencrypt.log") or "")
    except OSError:
        return ""


def _account(home: AcmeHome, directory: str) -> str:
    """Where certbot has the account of a directory."""
    return f"{home.accounts}/accounts/{directory.removeprefix('https://')}"


def change_email(home: AcmeHome, authority: Authority) -> Refusal | None:
    """Gives the account at the authority another email address; None where it took it."""
    place = Place(f"{paths.RUN}/acme-{secrets.token_hex(8)}")
    files.make_directory(place.path)
    try:
        words = _common(home, authority, authority.directory, place)
        done = process.logged(["certbot", "update_account", *words], LOG, env=_environment(authority, place))
        return None if done.code == 0 else refusal(done.stdout + done.stderr, "", time.time())
    finally:
        trees.remove_tree(place.path)


def has_account(home: AcmeHome) -> bool:
    """Whether this host has an account at any authority."""
    return bool(files.names_if_any(f"{home.accounts}/accounts"))


def _request(place: Place, declared: Declared) -> None:
    names = ",".join(f"DNS:{name}" for name in declared.names)
    # Who it is for is in the alternative names alone: a common name holds 64 characters.
    subject = ["-subj", "/", "-addext", f"subjectAltName={names}"]
    files_of = ["-key", place / "key.pem", "-config", "/dev/stdin", "-out", place / "request.pem"]
    pair.openssl(f"{declared.site}: could not make a request", ["req", "-new", "-sha384", *subject, *files_of], REQUEST)


def _common(home: AcmeHome, authority: Authority, directory: str, place: Place) -> list[str]:
    places = ["--config-dir", home.accounts, "--work-dir", place / "work", "--logs-dir", place / "log"]
    asked = ["--agree-tos", "--no-eff-email", "--email", authority.email, "--server", directory]
    return ["--non-interactive", "--max-log-backups", "0", *places, *asked]


def _results(place: Place) -> list[str]:
    """certbot writes the certificate, what it was issued by, and both; only the last is used."""
    paths_of = {"--cert-path": "leaf.pem", "--chain-path": "issuers.pem", "--fullchain-path": "chain.pem"}
    words = [word for option, name in paths_of.items() for word in (option, place / name)]
    return ["--csr", place / "request.pem", *words]


def _of_challenge(home: AcmeHome, authority: Authority) -> Sequence[str]:
    if authority.challenge == "http-01":
        files.make_directory(home.webroot, 0o755)
        return ["--webroot", "--webroot-path", home.webroot]
    # certbot starts these by a shell: nothing of them is from the configuration.
    hooks = ["--manual-auth-hook", f"{HOOK} dns-add", "--manual-cleanup-hook", f"{HOOK} dns-remove"]
    return ["--manual", "--preferred-challenges", "dns", *hooks]


def _environment(authority: Authority, place: Place) -> dict[str, str]:
    found = {} if authority.token is None else {"PHIWARD_DNS_TOKEN": authority.token}
    if authority.ca is not None:
        files.write(place / "ca.pem", authority.ca)
        found["REQUESTS_CA_BUNDLE"] = place / "ca.pem"
    return {**found, "TMPDIR": place.path}
