"""One site's pairs of key and certificate: the site's name is a link to the pair in use.

The link is replaced in one step, so that key and certificate match at any moment, also after a kill. A pair that nginx
loaded holds an empty file, `taken`.
"""

import glob
import os
import shutil
from dataclasses import dataclass

from phiward_host.certificates import pair
from phiward_host.certificates.pair import Declared
from phiward_host.common import files
from phiward_host.common.errors import Refused


@dataclass(frozen=True)
class Site:
    """The pairs of one site, in the directory `home`."""

    home: str
    declared: Declared

    @property
    def name(self) -> str:
        return self.declared.site

    @property
    def link(self) -> str:
        return f"{self.home}/{self.name}"

    def pairs(self) -> list[str]:
        """Directories of this site, oldest first."""
        found = glob.glob(f"{glob.escape(self.home)}/.{glob.escape(self.name)}.*")
        return sorted((path for path in found if _number(path).isdigit()), key=lambda path: int(_number(path)))

    def current(self) -> str | None:
        """The pair in use; None where the link is missing or is no link."""
        return os.path.join(self.home, os.readlink(self.link)) if os.path.islink(self.link) else None

    def faults(self) -> list[str]:
        """How the pair in use differs from what is declared."""
        return pair.faults(self.current(), self.declared)

    def renew(self) -> list[str]:
        """Makes a new pair and puts it in use if the current one is not as declared. Returns why it was not.

        Raises Failed, and leaves what is in use and no new pair then.
        """
        faults = self.faults()
        if faults:
            if os.path.isdir(self.link) and not os.path.islink(self.link):
                raise Refused(f"{self.link}: found a directory, allowed: a link; move it away and run this again")
            self._remove_abandoned()
            number = 1 + max((int(_number(path)) for path in self.pairs()), default=0)
            new = f"{self.home}/.{self.name}.{number}"
            pair.make(new, self.declared)
            try:
                self.use(new)
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
        return faults

    def is_new(self) -> bool:
        """Whether the pair in use is one that nginx has not loaded yet."""
        current = self.current()
        return current is not None and not _was_loaded(current)

    def mark_loaded(self) -> None:
        """Marks the pair in use as loaded by nginx, and removes all others, so that no former key is left."""
        current = self.current()
        if current is not None and not _was_loaded(current):
            files.write(f"{current}/taken", "")
        for path in self.pairs():
            if path != current:
                shutil.rmtree(path, ignore_errors=True)

    def previous(self) -> str | None:
        """The last pair that nginx loaded, other than the one in use."""
        return next((path for path in reversed(self.pairs()) if path != self.current() and _was_loaded(path)), None)

    def restore_previous(self) -> None:
        """Puts the last pair that nginx loaded in the place of the current one, which nginx rejected.

        Does nothing where nginx never loaded one.
        """
        rejected, previous = self.current(), self.previous()
        if rejected is not None and previous is not None:
            self.use(previous)
            shutil.rmtree(rejected)

    def _remove_abandoned(self) -> None:
        """Removes pairs that are neither in use nor were ever loaded: what a killed run left."""
        for path in self.pairs():
            if path != self.current() and not _was_loaded(path):
                shutil.rmtree(path)

    def use(self, path: str) -> None:
        """Puts a pair in use, in one step."""
        if os.path.isdir(self.link) and not os.path.islink(self.link):
            raise Refused(f"{self.link}: found a directory, allowed: a link; move it away and run this again")
        files.link(self.link, os.path.basename(path))


def _number(path: str) -> str:
    return path.rpartition(".")[2]


def _was_loaded(path: str) -> bool:
    return os.path.exists(f"{path}/taken")
