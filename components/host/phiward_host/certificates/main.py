"""Issues and renews the certificates of this host's sites: `certificates renew` does what is due, `check` only looks.

A new pair is judged by nginx in its place, and the previous one is restored if nginx rejects it. A pair that nginx
loaded is marked, so whatever was interrupted is finished by the next run.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.certificates.pair import Declared
from phiward_host.certificates.site import Site
from phiward_host.common import cli, files, lock, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog

LOG = RootLog("certificates")
USAGE = "certificates renew|check [SETTINGS.json]"
SETTINGS = "/etc/phiward/certificates.json"


@dataclass(frozen=True)
class Settings:
    """The sites, where their pairs are, and the systemd unit of the web server that reads them."""

    directory: str
    server: str
    sites: Sequence[Site]

    @staticmethod
    def from_json(value: object, path: str) -> "Settings":
        """The file of settings."""
        fields = Fields.of(value, path)
        home = fields.text("directory")
        sites = [Site(home, declared) for declared in fields.items("sites", Declared.from_json)]
        return Settings(directory=home, server=fields.text("server"), sites=sites)


def check(settings: Settings) -> int:
    """Prints what is not as declared. Exit code 1 if anything is."""
    faults = [f"{site.name}: {fault}" for site in settings.sites for fault in site.faults()]
    print("\n".join(faults) or "all certificates are as declared")
    return cli.FAILED if faults else cli.DONE


def renew(settings: Settings) -> int:
    """Renews what is due, one run at a time, and prints what it did for the journal. Raises Failed."""
    try:
        with lock.hold_directory(settings.directory):
            for site in settings.sites:
                faults = site.renew()
                if faults:
                    print(f"{site.name}: made a new certificate; the previous one: {', '.join(faults)}", flush=True)
            load(settings.sites, settings.server)
    except OSError as error:
        raise Failed(str(error)) from error
    return cli.DONE


def load(sites: Sequence[Site], server: str) -> None:
    """Has nginx judge the new pairs in their place and load them; restores the previous ones where it rejects them."""
    if process.run(["systemctl", "--quiet", "is-active", server]).code != 0:
        return  # it reads them when it starts
    new = [site for site in sites if site.is_new()]
    if new:
        if process.run(["/usr/sbin/nginx", "-t", "-q"]).code != 0:
            for site in new:
                site.restore_previous()
            raise Failed(
                "nginx rejected the new certificates; the previous ones were restored. "
                "Run nginx -t on the host to see the reason"
            )
        _reload(server)
    for site in sites:
        site.mark_loaded()


def _reload(server: str) -> None:
    done = process.run(["systemctl", "reload", server])
    if done.code != 0:
        raise Failed(f"nginx could not load the new certificates: {process.ended('systemctl', done.code)}")


ACTIONS: Mapping[str, Callable[[Settings], int]] = MappingProxyType({"renew": renew, "check": check})


def main(words: Sequence[str]) -> int:
    """Exit code 0: all as declared, or renewed. 1: something differs, or it failed. 2: usage, or an internal error."""
    if not words or words[0] not in ACTIONS:
        print(f"phiward: usage: {USAGE}", file=sys.stderr)
        return cli.FAULT
    return cli.main("the certificates program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    path = words[1] if len(words) > 1 else SETTINGS
    return ACTIONS[words[0]](Settings.from_json(files.read_json(path), path))
