"""One pair of key and certificate: made by openssl(1), and compared with what is declared.

A pair is a directory of its own, so that one link to it changes both at once.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.certificates import facts
from phiward_host.common import files, process, trees
from phiward_host.common.decode import Fields
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
"""


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
class Declared:
    """What a site's certificate is to be."""

    site: str
    names: Sequence[str]
    # A name in KEY_TYPES.
    key: str
    days: int
    renew_before_days: int

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
        )


def faults(pair: str | None, declared: Declared) -> list[str]:
    """How a pair differs from what is declared; nothing for a good one.

    Raises Failed where openssl(1) cannot tell: that is no reason for a new pair.
    """
    if pair is None:
        return ["missing"]
    key, certificate = f"{pair}/key.pem", f"{pair}/certificate.pem"
    found = files.status(key)
    if found is None or not files.exists(certificate):
        return ["missing"]
    if (found.st_uid, found.st_mode & 0o7777) != (os.geteuid(), 0o600):
        return ["its key must be owned by root and have mode 0600"]
    public = facts.of_key(key)
    certified = facts.of_certificate(certificate)
    if public is None or certified is None:
        return ["key or certificate cannot be read"]
    left = certified.not_after - time.time()
    tests = [
        (public.public_key == certified.public_key, "key and certificate do not match"),
        (KEY_TYPES[declared.key].printed in public.text, f"key type is not {declared.key}"),
        (sorted(certified.names) == sorted(declared.names), "its names differ from the declared ones"),
        (left > declared.renew_before_days * DAY, "expires soon"),
        (left <= (declared.days + 1) * DAY, "it is valid for longer than declared"),
    ]
    return [fault for holds, fault in tests if not holds]


def make(pair: str, declared: Declared) -> None:
    """Makes the directory `pair` with a new key and certificate, synced to disk.

    Raises Failed, and leaves nothing behind then.
    """
    files.make_directory(pair)
    try:
        _make_key(f"{pair}/key.pem", declared)
        _make_certificate(pair, declared)
        for path in (f"{pair}/key.pem", f"{pair}/certificate.pem", pair):
            files.sync(path)
        found = faults(pair, declared)
        if found:
            raise Failed(
                f"{declared.site}: the new certificate is not as declared ({', '.join(found)}); "
                "the previous one stays in use"
            )
    except BaseException:
        trees.remove_tree(pair)
        raise


def _make_key(path: str, declared: Declared) -> None:
    options = KEY_TYPES[declared.key].options
    _openssl(f"{declared.site}: could not make a key", ["genpkey", *options, "-out", path])


def _make_certificate(pair: str, declared: Declared) -> None:
    first = declared.names[0]
    request = REQUEST.format(
        subject=f"CN = {first}" if len(first) <= COMMON_NAME_CHARACTERS else "O = phiward",
        names=", ".join(f"DNS:{name}" for name in declared.names),
    )
    kind = ["-x509", "-new", "-sha384", "-days", str(declared.days)]
    paths = ["-key", f"{pair}/key.pem", "-config", "/dev/stdin", "-out", f"{pair}/certificate.pem"]
    _openssl(f"{declared.site}: could not make a certificate", ["req", *kind, *paths], request)


def _openssl(what: str, words: Sequence[str], stdin: str | None = None) -> None:
    done = process.run(["openssl", *words], stdin=stdin)
    if done.code != 0:
        raise Failed(f"{what}: {process.ended('openssl', done.code)}; the previous certificate stays in use")
