"""One pair of key and certificate: made by openssl(1), and compared with what is declared.

A pair is a directory of its own, so that one link to it changes both at once.
"""

import contextlib
import os
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.certificates import facts
from phiward_host.certificates.authority import Authority, Provided
from phiward_host.certificates.facts import CertificateFacts, KeyFacts
from phiward_host.certificates.store import Offered
from phiward_host.common import files, process, trees
from phiward_host.common.decode import Fields, optional
from phiward_host.common.errors import Failed, Refused

DAY = 86400
# A common name holds 64 characters at most (RFC 5280); clients read the alternative names.
COMMON_NAME_CHARACTERS = 64
REQUEST = """[req]
distinguished_name = subject
x509_extensions = leaf
prompt = no
[subject]
{subject}
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = {names}
{more}"""


@dataclass(frozen=True)
class KeyType:
    """How openssl(1) makes a type of key, and what it prints of one."""

    options: Sequence[str]
    printed: str


KEY_TYPES: Mapping[str, KeyType] = MappingProxyType(
    {
        "ecdsa-p384": KeyType(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "secp384r1"),
        "rsa-4096": KeyType(["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"], "(4096 bit"),
    }
)


@dataclass(frozen=True)
class Issuer:
    """Who issues what is not self-signed: paths of its certificate and key, and of all that clients trust."""

    certificate: str
    key: str
    trusted: str


@dataclass(frozen=True)
class Declared:
    """What a site's certificate is to be."""

    site: str
    names: Sequence[str]
    # A name in KEY_TYPES.
    key: str
    days: int
    renew_before_days: int
    # Who issues it, or its files; neither: the host itself, as until another one is there.
    authority: Authority | None = None
    provided: Provided | None = None
    # This host's own authority, where that issues it; None: it is self-signed.
    issuer: Issuer | None = None
    # The group that may read it, its key too; None: root alone.
    group: int | None = None

    @staticmethod
    def from_json(value: object, path: str) -> "Declared":
        """One site of the settings."""
        fields = Fields.of(value, path)
        key = fields.text("key")
        if key not in KEY_TYPES:
            raise Refused(f"{path}.key: found {key}, allowed: {', '.join(KEY_TYPES)}")
        return Declared(
            site=fields.text("site"),
            names=fields.texts("names"),
            key=key,
            days=fields.integer("days"),
            renew_before_days=fields.integer("renewBeforeDays"),
            authority=fields.read_or("authority", optional(Authority.from_json), None),
            provided=fields.read_or("provided", optional(Provided.from_json), None),
        )


@dataclass(frozen=True)
class Examined:
    """What a pair is, as far as it is one: what is wrong with it as such, else the facts of both halves."""

    fault: str | None
    key: KeyFacts | None = None
    certificate: CertificateFacts | None = None


def examine(pair: str | None, group: int | None = None) -> Examined:
    """Raises Failed where openssl(1) cannot tell: that is no reason for a new pair. `group` as `Declared` has it."""
    if pair is None:
        return Examined("missing")
    key, certificate = f"{pair}/key.pem", f"{pair}/certificate.pem"
    found = files.status(key)
    if found is None or not files.exists(certificate):
        return Examined("missing")
    if (found.st_uid, found.st_mode & 0o7777) != (os.geteuid(), 0o600 if group is None else 0o640):
        return Examined(f"its key must be owned by root and have mode {'0600' if group is None else '0640'}")
    if group is not None and found.st_gid != group:
        return Examined("its key must be of the server's group")
    public = facts.of_key(key)
    certified = facts.of_certificate(certificate)
    if public is None or certified is None:
        return Examined("key or certificate cannot be read")
    matches = public.public_key == certified.public_key
    return Examined(None if matches else "key and certificate do not match", public, certified)


def faults(pair: str | None, declared: Declared) -> list[str]:
    """How a pair differs from a certificate of the host's own; nothing for a good one. Raises Failed, as `examine`."""
    found = examine(pair, declared.group)
    if found.key is None or found.certificate is None:
        return [] if found.fault is None else [found.fault]
    left = found.certificate.not_after - time.time()
    tests = [
        (KEY_TYPES[declared.key].printed in found.key.text, f"key type is not {declared.key}"),
        (sorted(found.certificate.names) == sorted(declared.names), "its names differ from the declared ones"),
        (left > declared.renew_before_days * DAY, "expires soon"),
        (left <= (declared.days + 1) * DAY, "it is valid for longer than declared"),
        _issued(f"{pair}/certificate.pem", found.certificate, declared.issuer),
    ]
    matching = [] if found.fault is None else [found.fault]
    return [*matching, *(fault for holds, fault in tests if not holds)]


def _issued(path: str, certificate: CertificateFacts, issuer: Issuer | None) -> tuple[bool, str]:
    if issuer is None:
        return certificate.is_self_signed, "it is not self-signed"
    done = process.run(["openssl", "verify", "-CAfile", issuer.trusted, path])
    return not certificate.is_self_signed and done.code == 0, "it is not of this host's own authority"


def unusable(pair: str | None, declared: Declared) -> list[str]:
    """Why a pair cannot stay until a better one is there; nothing where it can. Raises Failed, as `examine`."""
    found = examine(pair)
    if found.fault is not None or found.certificate is None:
        return [] if found.fault is None else [found.fault]
    tests = [
        (found.certificate.not_after > time.time(), "it has expired"),
        (facts.covers(found.certificate, declared.site), "it is for another site"),
    ]
    return [fault for holds, fault in tests if not holds]


def _lacking(pair: str, declared: Declared) -> list[str]:
    """Of a certificate that the owner brought: all names must be in it. An authority's is ordered again for more."""
    certified = examine(pair).certificate
    if certified is None or declared.provided is None:
        return []
    return [f"it is not for {name}" for name in declared.names if not facts.covers(certified, name)]


def place(pair: str, declared: Declared, offered: Offered) -> None:
    """Makes the directory `pair` of what an authority or the owner offers, synced to disk. As `make`."""
    with made(pair):
        files.write(f"{pair}/key.pem", offered.key)
        files.write(f"{pair}/certificate.pem", offered.chain)
        found = unusable(pair, declared) or _lacking(pair, declared)
        if found:
            raise Failed(f"what was brought is not used: {', '.join(found)}")


def make(pair: str, declared: Declared) -> None:
    """Makes the directory `pair` with a new key and certificate, synced to disk.

    Raises Failed, and leaves nothing behind then.
    """
    with made(pair):
        make_key(f"{pair}/key.pem", declared)
        _make_certificate(pair, declared)
        if declared.group is not None:
            for path in (f"{pair}/key.pem", f"{pair}/certificate.pem"):
                files.set_file(path, (os.geteuid(), declared.group), 0o640)
            files.set_directory(pair, (os.geteuid(), declared.group), 0o750)
        found = faults(pair, declared)
        if found:
            raise Failed(
                f"{declared.site}: the new certificate is not as declared ({', '.join(found)}); "
                "the previous one stays in use"
            )


@contextlib.contextmanager
def made(pair: str) -> Generator[None]:
    """A new directory of a pair, on disk afterwards, or gone where what happens in between fails."""
    try:
        files.make_directory(pair)
        yield
        for path in (f"{pair}/key.pem", f"{pair}/certificate.pem", pair):
            files.sync(path)
    except BaseException:
        trees.remove_tree(pair)
        raise


def make_key(path: str, declared: Declared) -> None:
    """Makes a key of the declared kind. Raises Failed."""
    options = KEY_TYPES[declared.key].options
    openssl(f"{declared.site}: could not make a key", ["genpkey", *options, "-out", path])


def _make_certificate(pair: str, declared: Declared) -> None:
    first = declared.names[0]
    request = REQUEST.format(
        subject=f"CN = {first}" if len(first) <= COMMON_NAME_CHARACTERS else "O = phiward",
        names=", ".join(f"DNS:{name}" for name in declared.names),
        more="" if declared.issuer is None else "authorityKeyIdentifier = keyid\n",
    )
    issuer = declared.issuer
    by = [] if issuer is None else ["-CA", issuer.certificate, "-CAkey", issuer.key]
    kind = ["-x509", "-new", "-sha384", "-days", str(declared.days), *by]
    paths = ["-key", f"{pair}/key.pem", "-config", "/dev/stdin", "-out", f"{pair}/certificate.pem"]
    openssl(f"{declared.site}: could not make a certificate", ["req", *kind, *paths], request)


def openssl(what: str, words: Sequence[str], stdin: str | None = None) -> None:
    """Runs openssl(1). Raises Failed, `what` first."""
    done = process.run(["openssl", *words], stdin=stdin)
    if done.code != 0:
        raise Failed(f"{what}: {process.ended('openssl', done.code)}; the previous certificate stays in use")
