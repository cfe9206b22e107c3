"""Logins of registries: images of these are pulled with one, which goes to the Docker Engine alone.

It is sent over the Engine's socket with each pull: it is in no list of processes, nor in a configuration of Docker's.
"""

import re
from dataclasses import dataclass

from phiward_host.common import docker, files
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed

LOGINS = "/etc/phiward/registries/logins.json"
HUB = "docker.io"
# What the Engine calls Docker Hub where it is to log in.
HUB_ADDRESS = "https://index.docker.io/v1/"


@dataclass(frozen=True)
class Login:
    """A registry, the account, and the file with its password."""

    host: str
    username: str
    password_file: str

    def for_engine(self) -> dict[str, str]:
        """As the Engine wants it, with the password."""
        return {
            "username": self.username,
            "password": files.read_text(self.password_file).removesuffix("\n"),
            "serveraddress": HUB_ADDRESS if self.host == HUB else self.host,
        }


def login_of(image: str) -> Login | None:
    """The login for the registry of an image; None where it wants none."""
    if not files.exists(LOGINS):
        return None
    logins = Fields.of(files.read_json(LOGINS), LOGINS)
    host = registry_of(image)
    if not logins.has(host):
        return None
    fields = logins.read(host, Fields.of)
    return Login(host, fields.text("username"), fields.text("password"))


def registry_of(image: str) -> str:
    """The registry of an image by name, as Docker reads one."""
    first, slash, _ = image.partition("/")
    return first if slash and (re.search(r"[.:A-Z]", first) or first == "localhost") else HUB


def pull(image: str, login: Login | None) -> None:
    """Pulls an image that is named with its digest. Raises Failed with the Engine's message."""
    name, _, digest = image.partition("@")
    try:
        docker.pull(_without_tag(name), digest, None if login is None else login.for_engine())
    except TimeoutError as error:
        raise Failed(
            f"nothing came for {docker.ANSWER_SECONDS} s; see whether {registry_of(image)} answers this host"
        ) from error


def _without_tag(name: str) -> str:
    # The Engine takes a tag or a digest; of both, the digest counts.
    before, slash, last = name.rpartition("/")
    return before + slash + last.partition(":")[0]
