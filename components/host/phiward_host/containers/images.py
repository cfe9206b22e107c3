"""Brings the images of services to the Docker Engine: `images present|bring IMAGE`, `images pruned|prune SERVICES`.

An image that is named by its id is loaded from an archive; one that is named with a digest is pulled, with a login
where its registry wants one. `prune` removes those that are kept no more; SERVICES is JSON, the declared image of each.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from phiward_host.common import cli, process
from phiward_host.common.decode import as_str, dict_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog
from phiward_host.common.process import Completed
from phiward_host.containers import kept_images, registries

LOG = RootLog("images")
USAGE = "images present|bring IMAGE or images pruned|prune SERVICES"
ADOPT = "npx phiward adopt --host HOST --images FILE"
ERROR_CHARACTERS = 300


def present(image: str) -> bool:
    """Whether the Engine has the image."""
    return _docker("image", "inspect", "--format", "{{.Id}}", image).code == 0


def bring(image: str) -> None:
    """Pulls or loads an image, and notes it as brought. Raises Failed, which says what the operator can do."""
    if "@" in image:
        _pull(image)
    else:
        _load(image)
    kept_images.note_brought(image)


def _pull(image: str) -> None:
    login = registries.login_of(image)
    try:
        registries.pull(image, login)
    except Failed as error:
        advice = "" if login is None else f"; check the login of {login.host} under registries"
        raise Failed(f"{image}: could not be pulled: {str(error)[:ERROR_CHARACTERS]}{advice}") from None


def _load(image: str) -> None:
    archives = kept_images.archives_of(image)
    if not archives:
        raise Failed(f"{image}: found no archive in {kept_images.archives()}; bring it with {ADOPT}")
    archive = archives[0]
    _must(f"{archive}: could not be loaded", f"; bring it again with {ADOPT}", "load", "--quiet", "--input", archive)
    if not present(image):
        raise Failed(f"{archive}: does not hold {image}; bring the right one with {ADOPT}")


def _docker(*words: str) -> Completed:
    # A large image takes as long as it takes.
    return process.run(["docker", *words], timeout=None)


def _must(what: str, advice: str, *words: str) -> None:
    done = _docker(*words)
    if done.code != 0:
        raise Failed(f"{what}: {done.stderr.strip()[:ERROR_CHARACTERS]}{advice}")


def _present(image: str) -> int:
    return cli.DONE if present(image) else cli.FAILED


def _bring(image: str) -> int:
    bring(image)
    return cli.DONE


def _services(text: str) -> Mapping[str, str]:
    return dict_of(as_str)(json.loads(text), "services")


def _pruned(text: str) -> int:
    return cli.DONE if kept_images.is_pruned(_services(text)) else cli.FAILED


def _prune(text: str) -> int:
    kept_images.prune(_services(text))
    return cli.DONE


ACTIONS: Mapping[str, Callable[[str], int]] = MappingProxyType(
    {"present": _present, "bring": _bring, "pruned": _pruned, "prune": _prune}
)


def main(words: Sequence[str]) -> int:
    """Exit code 0: present, brought or pruned. 1: not present, not brought, or something is to be pruned."""
    return cli.main("the images program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if len(rest) != 1:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    return action(rest[0])
