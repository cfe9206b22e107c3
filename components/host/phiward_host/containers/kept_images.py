"""Which images of services this host keeps: those that are declared, and those of the version before.

A service's image before the present one is kept, whatever else was changed since, and so is all that the last deploy
but one declared: what was in use can be deployed again without the registry or the archive's copying. Of the others,
the archive goes, and the image where phiward itself brought it and no container has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from phiward_host.common import docker, files, paths, process, records
from phiward_host.common.decode import Fields, as_strs, dict_of, list_of
from phiward_host.common.log import RootLog

LOG = RootLog("images")


@dataclass(frozen=True)
class Kept:
    """What is on record of the images of this host's services."""

    # By service: the declared image, and the one before.
    services: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    # All that is declared, and all that was before that changed.
    declared: Sequence[str] = ()
    before: Sequence[str] = ()
    # Once declared, and to be removed.
    former: Sequence[str] = ()
    # What phiward pulled or loaded, since it was not there.
    brought: Sequence[str] = ()

    @staticmethod
    def from_json(value: object, path: str) -> "Kept":
        """The record."""
        fields = Fields.of(value, path)
        lists = {name: fields.texts(name) for name in ("declared", "before", "former", "brought")}
        return Kept(services=fields.read("services", dict_of(as_strs)), **lists)

    def after(self, services: Mapping[str, str]) -> "Kept":
        """As it is with these images declared, by service."""
        declared = sorted(set(services.values()))
        before = self.before if declared == sorted(self.declared) else self.declared
        lists = {name: _latest(self.services.get(name, ()), image) for name, image in services.items()}
        kept = {image for images in lists.values() for image in images} | set(declared) | set(before)
        known = {image for images in self.services.values() for image in images} | set(self.before) | set(self.former)
        return Kept(lists, declared, [*before], sorted(known - kept), self.brought)


def _latest(known: Sequence[str], image: str) -> Sequence[str]:
    return [*known] if [*known[:1]] == [image] else [image, *known[:1]]


def record_path() -> str:
    """Path of the record."""
    return f"{paths.BASE}/images.json"


def archives() -> str:
    """Directory of archives that wait to be loaded."""
    return f"{paths.BASE}/images"


def archives_of(image: str) -> list[str]:
    """The archives of an image that is named by its id; of one that is pulled, none."""
    return [] if "@" in image else files.matching(f"{archives()}/{image.removeprefix('sha256:')}.tar*")


def note_brought(image: str) -> None:
    """Notes that this image was not there and phiward brought it."""
    kept = read()
    write(Kept(kept.services, kept.declared, kept.before, kept.former, sorted({*kept.brought, image})))


def is_pruned(services: Mapping[str, str]) -> bool:
    """Whether these images are on record as declared, and nothing is there that can be removed."""
    kept = read()
    after = kept.after(services)
    return kept == after and not _removable(after)


def prune(services: Mapping[str, str]) -> None:
    """Removes what is kept no more, and records these as declared. What a container has is tried again another time."""
    after = read().after(services)
    removable = _removable(after)
    # First: an archive by which phiward's own image is told is not removed before that is on record.
    brought = {*after.brought, *(image for image in removable if archives_of(image))}
    write(Kept(after.services, after.declared, after.before, after.former, sorted(brought)))
    for image in removable:
        for archive in archives_of(image):
            files.remove(archive)
        if image in brought and _id(image) is not None:
            # Not by force: who gave it another name has a use for it.
            done = process.run(["docker", "image", "rm", image])
            if done.code != 0:
                LOG.write(f"{image} stays: {done.stderr.strip()}")
    gone = set(removable)
    former = [image for image in after.former if image not in gone]
    write(Kept(after.services, after.declared, after.before, former, sorted(brought - gone)))


def _removable(kept: Kept) -> list[str]:
    if not kept.former:
        return []
    found = list_of(Fields.of)(docker.ask("GET", "/containers/json?all=true"), "containers")
    in_use = {entry.text("ImageID") for entry in found}
    return [image for image in kept.former if _id(image) not in in_use]


def _id(image: str) -> str | None:
    found = docker.ask("GET", f"/images/{docker.quote(image)}/json", allowed=(404,))
    return None if found is None else Fields.of(found, f"image {image}").text("Id")


def read() -> Kept:
    """The record; a damaged one is begun anew, and nothing of it is removed."""
    return records.read_or_begin(record_path(), Kept.from_json, Kept(), LOG)


def write(kept: Kept) -> None:
    """Replaces the record."""
    values = {name: [*getattr(kept, name)] for name in ("declared", "before", "former", "brought")}
    services = {name: [*images] for name, images in kept.services.items()}
    records.write_json(record_path(), {"services": services, **values}, LOG)
