"""What the agent can be asked (plan/request.ts), decoded."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from phiward_host.agent.images import Archive
from phiward_host.agent.plan import Plan, plans
from phiward_host.agent.removal import Removal
from phiward_host.agent.verify import Questions
from phiward_host.common.decode import Fields, as_bool, as_str, dict_of, list_of, optional
from phiward_host.common.errors import Refused


@dataclass(frozen=True)
class ApplyPlan:
    """Bring one unit to its plan, which is then its generation. Secrets travel beside it, by the names of its files."""

    plan: Plan
    secrets: Mapping[str, str]
    generation: str

    @staticmethod
    def of(fields: Fields) -> "ApplyPlan":
        generation = fields.text("generation")
        if not re.fullmatch("[0-9a-f]{64}", generation):
            raise Refused("generation: found another text, allowed: 64 hexadecimal digits")
        return ApplyPlan(fields.read("plan", Plan.from_json), secrets(fields), generation)


@dataclass(frozen=True)
class Verify:
    """Ask every check, and compare each unit's generation with the deployed one. `strict`: a failure exits 1."""

    questions: Questions
    strict: bool


@dataclass(frozen=True)
class Status:
    """Say what the host holds of these plans; with `questions`, answer those too, where every unit is as deployed."""

    plans: list[Plan]
    secrets: Mapping[str, str]
    questions: Questions | None = None

    @staticmethod
    def of(fields: Fields) -> "Status":
        questions = fields.read_or("verify", optional(Questions.from_json), None)
        return Status(fields.read("plans", plans), secrets(fields), questions)


@dataclass(frozen=True)
class Inventory:
    plans: list[Plan]


@dataclass(frozen=True)
class Remove:
    """Take down each unit that this host has a record of."""

    removals: list[Removal]


@dataclass(frozen=True)
class Install:
    """Keep the agent that came along, and the contents of files: base64 by SHA-256, beside the request.

    On one of `systems`, get these packages too.
    """

    packages: Sequence[str] = ()
    systems: Sequence[str] = ()

    @staticmethod
    def of(fields: Fields) -> "Install":
        packages = fields.read_or("packages", list_of(as_str), [])
        if not all(re.fullmatch("[a-z0-9][a-z0-9+.-]+", name) for name in packages):
            raise Refused("packages: found another text, allowed: names of packages")
        return Install(packages, fields.read_or("systems", list_of(as_str), []))


@dataclass(frozen=True)
class AskImage:
    archive: Archive


@dataclass(frozen=True)
class ReceiveImage:
    """The archive's `size` bytes follow the request on standard input."""

    archive: Archive
    size: int


@dataclass(frozen=True)
class ListDocker:
    pass


@dataclass(frozen=True)
class RemoveDocker:
    """Remove one container or network, by Docker's id. `stop`: a container is stopped first, and not killed."""

    kind: str
    id: str
    stop: bool = False

    @staticmethod
    def of(fields: Fields) -> "RemoveDocker":
        kind, id = fields.text("kind"), fields.text("id")
        if kind not in ("Container", "Network"):
            raise Refused(f"kind: found {kind!r}, allowed: Container or Network")
        if not re.fullmatch("[0-9a-f]{64}", id):
            raise Refused(f"id: found {id!r}, allowed: 64 hexadecimal digits")
        return RemoveDocker(kind, id, fields.read_or("stop", as_bool, False))


@dataclass(frozen=True)
class Release:
    pass


Question = Status | Inventory | AskImage | ReceiveImage | ListDocker | RemoveDocker | Release
Request = ApplyPlan | Remove | Install | Verify | Question


def request(fields: Fields) -> Request:
    """Decodes a request by its `mode`. Raises Refused."""
    mode = fields.text("mode")
    if mode == "apply":
        return ApplyPlan.of(fields)
    if mode == "install":
        return Install.of(fields)
    if mode == "remove":
        return Remove(fields.read("removals", list_of(Removal.from_json)))
    if mode == "verify":
        return Verify(Questions.of(fields), fields.flag("strict"))
    if mode == "status":
        return Status.of(fields)
    if mode == "inventory":
        return Inventory(fields.read("plans", plans))
    if mode == "images-ask":
        return AskImage(fields.read("archive", Archive.from_json))
    if mode == "images-receive":
        return ReceiveImage(fields.read("archive", Archive.from_json), fields.integer("size"))
    if mode == "docker":
        return ListDocker()
    if mode == "docker-remove":
        return RemoveDocker.of(fields)
    if mode == "release":
        return Release()
    raise Refused(f"mode {mode} is unknown to this agent")


def secrets(fields: Fields) -> Mapping[str, str]:
    return fields.read_or("secrets", dict_of(as_str), {})
