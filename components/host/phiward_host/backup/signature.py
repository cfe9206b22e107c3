"""The signature on a manifest: by this host's SSH key, which neither the vault nor a backup has.

Its public half is the `hostKey` that the stack's file has for the host, so a new host knows the key of the one that it
replaces from its own configuration (`formerHostKeys`), and from nothing that the vault could have written. See
ssh-keygen(1), -Y; the namespace keeps such a signature apart from all else that the key signs.
"""

from collections.abc import Sequence

from phiward_host.backup.tools import LOG, must
from phiward_host.common import files, paths, process

NAMESPACE = "phiward-manifest"
PRINCIPAL = "host"


def sign(text: str) -> str:
    """The signature on a text, armored. Raises Failed."""
    argv = ["ssh-keygen", "-Y", "sign", "-f", paths.HOST_KEY, "-n", NAMESPACE]
    return must("the manifest cannot be signed with this host's SSH key", argv, stdin=text)


def is_signed(text: str, signature: str, former: Sequence[str]) -> bool:
    """Whether a signature on a text is by this host's key, or one of the `former` public keys. Raises Failed."""
    own = must("this host's SSH key cannot be read", ["ssh-keygen", "-y", "-f", paths.HOST_KEY])
    keys = [" ".join(key.split()[:2]) for key in (own, *former)]
    allowed = "".join(f'{PRINCIPAL} namespaces="{NAMESPACE}" {key}\n' for key in keys)
    with files.secret_file(allowed) as (signers, signers_path), files.secret_file(signature) as (given, given_path):
        argv = ["ssh-keygen", "-Y", "verify", "-f", signers_path, "-I", PRINCIPAL, "-n", NAMESPACE, "-s", given_path]
        return process.logged(argv, LOG, stdin=text, pass_fds=(signers, given)).code == 0
