"""Issues and renews the certificates of this host's sites: `certificates renew` does what is due.

`trusted` and `in-time` are about what others issue; `dns-add` and `dns-remove` are hooks of certbot's.
A new pair is judged by nginx in its place, and the previous one is restored if nginx rejects it. A pair that nginx
loaded is marked, so whatever was interrupted is finished by the next run.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.certificates import digitalocean, metrics, ordering, retry, store, trust
from phiward_host.certificates.authority import AcmeHome
from phiward_host.certificates.pair import Declared
from phiward_host.certificates.site import Site
from phiward_host.common import cli, files, lock, process
from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog

LOG = RootLog("certificates")
USAGE = "certificates renew|check [SETTINGS.json] | trusted|in-time [SITE]"
SETTINGS = "/etc/phiward/certificates.json"
# Where it is on a host that had sites with authorities, and has none now.
ACME = "/etc/phiward/acme"


@dataclass(frozen=True)
class Settings:
    """The sites, where their pairs are, and the systemd unit of the web server that reads them."""

    directory: str
    server: str
    sites: Sequence[Site]
    # Where what authorities issue is kept; None where no site has one.
    acme: AcmeHome | None = None
    # The file that shows when certificates end; None where nobody collects it.
    metrics: str | None = None

    @staticmethod
    def from_json(value: object, path: str) -> "Settings":
        """The file of settings."""
        fields = Fields.of(value, path)
        home = fields.text("directory")
        acme = fields.read_or("acme", optional(AcmeHome.from_json), None)
        sites = [Site(home, declared, acme) for declared in fields.items("sites", Declared.from_json)]
        shown = fields.read_or("metrics", optional(as_str), None)
        return Settings(directory=home, server=fields.text("server"), sites=sites, acme=acme, metrics=shown)


def check(settings: Settings) -> int:
    """Prints what is not as declared. Exit code 1 if anything is, or cannot be examined."""
    faults = [f"{site.name}: {fault}" for site in settings.sites for fault in _faults(site)]
    if settings.metrics is not None:
        faults += metrics.faults(settings.metrics, settings.sites)
    print("\n".join(faults) or "all certificates are as declared")
    return cli.FAILED if faults else cli.DONE


def _faults(site: Site) -> list[str]:
    try:
        return site.faults()
    except (Failed, OSError) as error:
        return [str(error)]


def renew(settings: Settings) -> int:
    """Renews what is due, one run at a time, and prints what it did for the journal.

    Each site stands alone: what goes wrong with one keeps no other from a new certificate. Raises Failed with all that
    went wrong.
    """
    wrong: list[str] = []
    try:
        with lock.hold_directory(settings.directory):
            _remove_former(settings)
            wrong += _put_in_use(settings)
            wrong += _order(settings)
    except (Failed, OSError) as error:
        wrong.append(str(error))
    if settings.metrics is not None:
        wrong += metrics.write(settings.metrics, settings.sites)
    if wrong:
        raise Failed("; ".join(wrong))
    return cli.DONE


def _remove_former(settings: Settings) -> None:
    """Keys of authorities' certificates whose sites have others now. Accounts stay."""
    home = ACME if settings.acme is None else settings.acme.directory
    store.keep_only(
        f"{home}/certificates", {site.name for site in settings.sites if site.declared.authority is not None}
    )


def _put_in_use(settings: Settings) -> list[str]:
    wrong = [fault for site in settings.sites for fault in _renew(site)]
    return wrong + load(settings.sites, settings.server)


def _order(settings: Settings) -> list[str]:
    """Orders what is due. Certificates of the hosts' own are in use by then, and nginx may answer challenges."""
    if settings.acme is None or not _is_active(settings.server):
        return []
    outcome = ordering.order_due(settings.acme, [site.declared for site in settings.sites])
    loaded = _put_in_use(settings) if outcome.issued else []
    if outcome.again is not None:
        retry.schedule(outcome.again)
    return [*outcome.wrong, *loaded]


def _renew(site: Site) -> list[str]:
    try:
        faults = site.renew()
    except (Failed, OSError) as error:
        return [f"{site.name}: {error}"]
    if faults:
        print(f"{site.name}: made a new certificate; the previous one: {', '.join(faults)}", flush=True)
    return []


def load(sites: Sequence[Site], server: str) -> list[str]:
    """Has nginx judge the new pairs in their place and load them; restores the previous ones where it rejects them.

    Returns what went wrong with single sites. Raises Failed where nginx could not be asked, or loads none of them.
    """
    if not _is_active(server):
        return []  # it reads them when it starts
    new = [site for site in sites if site.is_new()]
    rejected = [] if not new or _accepts() else _reject(new)
    if any(site.is_new() for site in sites):
        _reload(server)
    wrong = [f"{site.name}: nginx rejected the new certificate; the previous one was restored" for site in rejected]
    for site in sites:
        try:
            site.mark_loaded()
        except OSError as error:
            wrong.append(f"{site.name}: {error}")
    return wrong


# What systemctl is-active says by its exit code of a unit that does not run, or that there is not.
NOT_ACTIVE = (3, 4)
# There on a machine that systemd runs, see sd_booted(3); on another, no unit runs.
SYSTEMD = "/run/systemd/system"


def _is_active(server: str) -> bool:
    code = process.run(["systemctl", "--quiet", "is-active", server]).code
    if code not in (0, *NOT_ACTIVE) and files.is_directory(SYSTEMD):
        raise Failed(f"whether {server} runs could not be asked: {process.ended('systemctl', code)}; run this again")
    return code == 0


def _accepts() -> bool:
    return process.run(["/usr/sbin/nginx", "-t", "-q"]).code == 0


def _reject(new: Sequence[Site]) -> list[Site]:
    """Restores the previous pairs, and puts back in use each new one that nginx accepts by itself.

    Returns the rejected ones. Raises Failed where nginx accepts none.
    """
    if len(new) == 1:
        new[0].restore_previous()
        raise Failed(_rejected(new))
    made = [(site, site.current(), site.previous()) for site in new]
    for site, _, previous in made:
        if previous is not None:
            site.use(previous)
    rejected: list[Site] = []
    for site, pair, _ in made:
        if pair is not None:
            site.use(pair)
        if not _accepts():
            site.restore_previous()
            rejected.append(site)
    if len(rejected) == len(new):
        raise Failed(_rejected(new))
    return rejected


def _rejected(sites: Sequence[Site]) -> str:
    names = ", ".join(site.name for site in sites)
    return (
        f"nginx rejected the new certificates; the previous ones were restored ({names}). "
        "Run nginx -t on the host to see the reason"
    )


def _reload(server: str) -> None:
    done = process.run(["systemctl", "reload", server])
    if done.code != 0:
        raise Failed(f"nginx could not load the new certificates: {process.ended('systemctl', done.code)}")


def trusted(settings: Settings, names: Sequence[str]) -> int:
    """Prints why clients cannot trust what sites serve. Exit code 1 if any, or where that cannot be examined."""
    return _asked(settings, names, trust.untrusted)


def in_time(settings: Settings, names: Sequence[str]) -> int:
    """Prints which certificates of others should have been replaced. Exit code 1 as of `trusted`."""
    return _asked(settings, names, trust.late)


def _asked(settings: Settings, names: Sequence[str], ask: Callable[[Site, AcmeHome | None], str | None]) -> int:
    faults: list[str] = []
    for site in settings.sites:
        if names and site.name not in names:
            continue
        try:
            fault = ask(site, settings.acme)
        except (Failed, OSError) as error:
            fault = str(error)
        if fault is not None:
            faults.append(f"{site.name}: {fault}")
    print("\n".join(faults) or "as declared")
    return cli.FAILED if faults else cli.DONE


ACTIONS: Mapping[str, Callable[[Settings], int]] = MappingProxyType({"renew": renew, "check": check})
QUESTIONS: Mapping[str, Callable[[Settings, Sequence[str]], int]] = MappingProxyType(
    {"trusted": trusted, "in-time": in_time}
)
HOOKS: Mapping[str, Callable[[], None]] = MappingProxyType(
    {"dns-add": digitalocean.add_record, "dns-remove": digitalocean.remove_record}
)


def main(words: Sequence[str]) -> int:
    """Exit code 0: all as declared, or renewed. 1: something differs, or it failed. 2: usage, or an internal error."""
    if not words or words[0] not in {*ACTIONS, *QUESTIONS, *HOOKS}:
        print(f"phiward: usage: {USAGE}", file=sys.stderr)
        return cli.FAULT
    cli.end_on_sigterm()
    return cli.main("the certificates program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    action, *others = words
    if action in HOOKS:
        HOOKS[action]()
        return cli.DONE
    if action in QUESTIONS:
        return QUESTIONS[action](Settings.from_json(files.read_json(SETTINGS), SETTINGS), others)
    path = others[0] if others else SETTINGS
    return ACTIONS[action](Settings.from_json(files.read_json(path), path))
