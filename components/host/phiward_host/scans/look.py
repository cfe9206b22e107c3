"""The daily look: packages of this host and of its images, against what Debian has mended since."""

import shutil
import time
from collections.abc import Iterable, Mapping, Sequence

from phiward_host.common import files, process
from phiward_host.common.decode import Fields, as_str, dict_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.text import ascii_of
from phiward_host.scans import child, images, lists, record, tracker
from phiward_host.scans.lists import Offered
from phiward_host.scans.packages import MOST_PACKAGES, Package
from phiward_host.scans.record import HOST, SEVERITIES, Look, Place, Waiting
from phiward_host.scans.tracker import Known
from phiward_host.scans.versions import Versions

STATUS, RELEASE = "/var/lib/dpkg/status", "/usr/lib/os-release"
# Of one place, so many packages are kept, and of one package so many CVEs.
MOST_WAITING, MOST_CVES = 500, 40
MOST_SYSTEM = 100


class Looking:
    """What one look knows besides the packages: what the archive offers, and when the tracker's data were brought."""

    def __init__(
        self, offered: Mapping[str, Offered], tracked: float | None, before: Look | None, now: float, release: str
    ) -> None:
        self._offered = offered
        self._tracked = tracked
        self._since = {
            (place.where, one.package, one.fixed): one.since
            for place in (() if before is None else before.places)
            for one in place.waiting
        }
        self._now = now
        self._versions = Versions()
        self._release = release

    def place(self, where: str, containers: Sequence[str], system: Mapping[str, str], have: Sequence[Package]) -> Place:
        """What is known of a system and its packages. Raises Failed."""
        name = ascii_of(system.get("PRETTY_NAME", "an unknown system"), MOST_SYSTEM)
        offered = self._offered.get(_codename(system))
        if system.get("ID") != "debian" or not have:
            why = "nothing is known of it: it is not based on Debian, whose data these are, or names no packages"
            return Place(where, tuple(containers), name, why, (), None)
        if offered is None:
            why = f"nothing is known of it: this host's apt has no list of the security updates of {name}"
            return Place(where, tuple(containers), name, why, (), None)
        # The tracker's data are of one release, that of the host.
        is_tracked = self._tracked is not None and _codename(system) == self._release
        vulnerable = [one for one in tracker.known(have) if self._is_vulnerable(one)] if is_tracked else []
        waiting = [one for package in have for one in self._waiting(where, package, offered, vulnerable)]
        unfixed = _by_severity(vulnerable) if is_tracked else None
        ordered = sorted(set(waiting), key=lambda one: (SEVERITIES.index(one.severity), one.package))
        return Place(where, tuple(containers), name, "", tuple(ordered[:MOST_WAITING]), unfixed)

    def _is_vulnerable(self, known: Known) -> bool:
        return known.before == "" or self._versions.earlier(known.version, known.before)

    def _waiting(self, where: str, package: Package, offered: Offered, vulnerable: Sequence[Known]) -> list[Waiting]:
        newest = package.version
        for version in offered.versions.get(package.name, []):
            if version != newest and self._versions.earlier(newest, version):
                newest = version
        if newest == package.version:
            return []
        mine = (package.name, package.source)
        found = [one for one in vulnerable if one.mended and one.name in mine]
        cves = sorted({one.cve for one in found}, reverse=True)[:MOST_CVES]
        severity = min((one.urgency for one in found), key=SEVERITIES.index, default="unknown")
        since = self._since.get((where, package.name, newest), self._now)
        return [Waiting(package.name, package.version, newest, tuple(cves), severity, since)]


def look() -> Look:
    """All of it; it is kept. Raises Failed, OSError."""
    before, now = record.last(), time.time()
    offered, tracked = lists.security(), tracker.take()
    status, release = files.read(STATUS), files.read(RELEASE)
    looking = Looking(offered, tracked, before, now, _codename(child.system(release)))
    host = child.ask("the packages of this host", lambda: child.of_host(release, status))
    places = [_judged(looking, HOST, (), host), *_of_images(looking)]
    dates = [one.at for one in offered.values() if one.at is not None]
    found = Look(now, max(dates, default=None), tracked, tuple(places))
    record.write(found)
    return found


def _of_images(looking: Looking) -> Iterable[Place]:
    """Of this host's images; none where it has no Docker. One that cannot be read hides no other one."""
    if shutil.which("dockerd", path=process.ENVIRONMENT["PATH"]) is None:
        return
    try:
        listed = images.listed()
    except (Failed, OSError) as error:
        yield Place(
            "images",
            (),
            "",
            f"nothing is known of it: Docker does not answer ({ascii_of(str(error), MOST_SYSTEM)})",
            (),
            None,
        )
        return
    for image in listed:
        archives, why = images.archives_or_why(image)
        try:
            # Of this image: it is read before the next one takes its name.
            answer = child.ask("its packages", lambda held=archives: child.of_image(held))
            if why == "":
                yield _judged(looking, image.name, image.containers, answer)
                continue
        except (Failed, Refused) as error:
            why = str(error)
        yield Place(image.name, image.containers, "", f"nothing is known of it: {ascii_of(why, MOST_SYSTEM)}", (), None)


def _judged(looking: Looking, where: str, containers: Sequence[str], answer: object) -> Place:
    fields = Fields.of(answer, "packages")
    found = fields.items("packages", Package.from_json)[:MOST_PACKAGES]
    return looking.place(where, containers, _system(fields.values.get("system")), found)


def _system(value: object) -> dict[str, str]:
    return dict_of(as_str)(value, "system")


def _codename(system: Mapping[str, str]) -> str:
    return system.get("VERSION_CODENAME", "")


def _by_severity(vulnerable: Iterable[Known]) -> dict[str, int]:
    """How many CVEs of them Debian has not mended in this release."""
    left = {(one.cve, one.urgency) for one in vulnerable if not one.mended}
    return {severity: sum(urgency == severity for _, urgency in left) for severity in SEVERITIES}
