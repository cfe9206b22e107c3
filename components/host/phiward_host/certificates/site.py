"""One site's pairs of key and certificate: the site's name is a link to the pair in use.

The link is replaced in one step, so that key and certificate match at any moment, also after a kill. A pair that nginx
loaded holds an empty file, `taken`.
"""

import os
import re
import time
from dataclasses import dataclass

from phiward_host.certificates import facts, pair, store
from phiward_host.certificates.authority import AcmeHome
from phiward_host.certificates.pair import Declared
from phiward_host.certificates.store import Offered
from phiward_host.common import files, trees
from phiward_host.common.errors import Failed, Refused


@dataclass(frozen=True)
class Site:
    """The pairs of one site, in the directory `home`."""

    home: str
    declared: Declared
    # Where what authorities issued is; None where no site has one.
    acme: AcmeHome | None = None

    @property
    def name(self) -> str:
        return self.declared.site

    @property
    def link(self) -> str:
        return f"{self.home}/{self.name}"

    def pairs(self) -> list[str]:
        """Directories of this site, oldest first."""
        # The name of a site may be the beginning of another's.
        own = re.compile(rf"\.{re.escape(self.name)}\.([0-9]+)")
        found = [match for match in map(own.fullmatch, files.names_if_any(self.home)) if match is not None]
        return [self._pair(number) for number in sorted(int(match[1]) for match in found)]

    def current(self) -> str | None:
        """The pair in use; None where the link is missing or is no link."""
        target = files.link_target(self.link)
        return None if target is None else os.path.join(self.home, target)

    def faults(self) -> list[str]:
        """How the pair in use differs from what is declared, and from what is there to be used."""
        if not self.is_brought():
            return pair.faults(self.current(), self.declared)
        offered = self._offered()
        if offered is not None and offered != self._in_use():
            return ["what was brought is not in use yet"]
        return pair.unusable(self.current(), self.declared)

    def is_brought(self) -> bool:
        """Whether an authority or the owner has the certificate, and the host's own one only stands in for it."""
        return self.declared.authority is not None or self.declared.provided is not None

    def has_brought(self) -> bool:
        """Whether what was brought is in use."""
        return self.is_brought() and self._offered() is not None and self._offered() == self._in_use()

    def renew(self) -> list[str]:
        """Makes a new pair and puts it in use if the current one is not as declared. Returns why it was not.

        Raises Failed, and leaves what is in use and no new pair then; where that is of no use, one of the host's own.
        """
        exposed = self._take_back()
        if exposed and self.acme is not None:
            # Its key is not this host's alone any more: another one is ordered.
            store.discard(self.acme.certificates, self.name)
        faults = exposed or self.faults()
        if faults:
            try:
                self._put()
            except Failed:
                if not self.is_brought() or not (exposed or pair.unusable(self.current(), self.declared)):
                    raise
                self._put(own=True)
                raise
        return faults

    def _put(self, *, own: bool = False) -> None:
        self._refuse_directory()
        self._remove_abandoned()
        new = self._pair(1 + max((_number(path) for path in self.pairs()), default=0))
        offered = None if own or not self.is_brought() else self._offered()
        if offered is None:
            pair.make(new, self.declared)
        else:
            pair.place(new, self.declared, offered)
        try:
            self.use(new)
        except BaseException:
            trees.remove_tree(new)
            raise

    def _offered(self) -> Offered | None:
        """What an authority issued, or the owner brought; None where there is nothing yet."""
        provided = self.declared.provided
        if provided is not None:
            key, chain = (files.read_text_if_any(path) for path in (provided.key, provided.certificate))
            return None if key is None or chain is None else Offered(key, chain)
        if self.acme is None:
            return None
        kept = store.path_of(self.acme.certificates, self.name)
        certified = facts.of_certificate(kept) if files.exists(kept) else None
        # One that has expired, or is for another name, is ordered again, and of no use until then.
        usable = certified is not None and certified.not_after > time.time() and facts.covers(certified, self.name)
        return store.read(self.acme.certificates, self.name) if usable else None

    def _in_use(self) -> Offered | None:
        current = self.current()
        found = [
            files.read_text_if_any(f"{current}/{name}.pem") for name in ("key", "certificate") if current is not None
        ]
        key, chain = found or (None, None)
        return None if key is None or chain is None else Offered(key, chain)

    def _take_back(self) -> list[str]:
        """Makes each pair that others could write to root's again. Returns what is wrong with the one in use, if any.

        Nobody knows who else has its key, or made it. One in use stays until there is another; any other is removed.
        """
        directories = {path: files.is_directory(path) for path in self.pairs()}
        foreign = [path for path, is_one in directories.items() if not is_one or not files.is_roots_alone(path)]
        current = self.current()
        for path in foreign:
            if directories[path]:
                files.set_directory(path, (os.geteuid(), os.getegid()), 0o700)
            if path == current and directories[path]:
                trees.give(path, os.geteuid(), os.getegid())
            else:
                trees.remove_tree(path)
        return ["others than root could write to it"] if current in foreign else []

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
                trees.remove_tree(path)

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
            trees.remove_tree(rejected)

    def _remove_abandoned(self) -> None:
        """Removes pairs that are neither in use nor were ever loaded: what a killed run left."""
        for path in self.pairs():
            if path != self.current() and not _was_loaded(path):
                trees.remove_tree(path)

    def use(self, path: str) -> None:
        """Puts a pair in use, in one step."""
        self._refuse_directory()
        files.link(self.link, os.path.basename(path))

    def _refuse_directory(self) -> None:
        if files.is_directory(self.link):
            raise Refused(f"{self.link}: found a directory, allowed: a link; move it away and run this again")

    def _pair(self, number: int) -> str:
        return f"{self.home}/.{self.name}.{number}"


def _number(path: str) -> int:
    return int(path.rpartition(".")[2])


def _was_loaded(path: str) -> bool:
    return files.exists(f"{path}/taken")
