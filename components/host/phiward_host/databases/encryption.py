"""Encrypted connections between services and their databases: `encryption prepare|renew|check|close|closed|served`.

Each server shows a certificate of this host's own authority, and the services that use one have the authority's.
`prepare` makes what is not there yet, before a deploy makes containers; `renew` does what is due, and the server reads
it while it goes on. Connections without TLS are accepted where a file beside the certificate is there: for good where
that is declared; else from the first `prepare` beside a server that had no certificate until `close`, when no service
has an older address.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from phiward_host.certificates.own_authority import OwnAuthority
from phiward_host.certificates.pair import Declared
from phiward_host.certificates.site import Site
from phiward_host.common import cli, docker, files, lock, paths
from phiward_host.common.decode import Fields, as_str, optional
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.faults import each
from phiward_host.common.log import RootLog
from phiward_host.databases import handshake
from phiward_host.databases.redis_session import RedisSession
from phiward_host.databases.session import ClusterSession

LOG = RootLog("encryption")
USAGE = "encryption prepare|renew|check|close|closed, or encryption served CONTAINER"
SETTINGS = "/etc/phiward/encryption.json"
# As a site's that is the host's own.
DAYS, RENEW_BEFORE_DAYS, KEY = 90, 30, "ecdsa-p384"
# Of the links in the servers' directories.
PAIR = "server"
# What the file holds by which a server accepts connections without TLS; its configuration includes it.
PLAIN = MappingProxyType({"postgres": "hostnossl all all samenet scram-sha-256\n", "redis": "port 6379\n"})
# As they are in a server's container.
INSIDE = f"/etc/phiward/tls/{PAIR}"


@dataclass(frozen=True)
class Server:
    """One database server."""

    kind: str
    container: str
    # Where its container sees what it reads: `server`, a link to its pair, `authority.pem`, and maybe `plain.conf`.
    directory: str
    # The names by which clients know it.
    names: Sequence[str]
    # Number of the group that it runs as.
    group: int
    # Whether connections without TLS are declared.
    plain: bool
    # Path of the file with the password of the host's user in a Redis.
    secret: str | None

    @staticmethod
    def from_json(value: object, path: str) -> "Server":
        """One database of the settings."""
        fields = Fields.of(value, path)
        kind = fields.text("kind")
        if kind not in PLAIN:
            raise Refused(f"{path}.kind: found {kind}, allowed: {', '.join(PLAIN)}")
        return Server(
            kind=kind,
            container=fields.text("container"),
            directory=fields.text("directory"),
            names=fields.texts("names"),
            group=fields.integer("group"),
            plain=fields.flag("plain"),
            secret=fields.read_or("secret", optional(as_str), None),
        )

    def site(self, authority: OwnAuthority) -> Site:
        """Its pairs."""
        issuer = authority.issuer()
        declared = Declared(PAIR, self.names, KEY, DAYS, RENEW_BEFORE_DAYS, issuer=issuer, group=self.group)
        return Site(self.directory, declared)

    def accepts_plain(self) -> bool:
        """Whether the file is there."""
        return files.exists(self._plain)

    def accept_plain(self) -> None:
        """Puts the file there; the server reads it when it is told to."""
        files.write(self._plain, PLAIN[self.kind], owner=(0, self.group), mode=0o640)

    def refuse_plain(self) -> None:
        """Has the server read nothing in its place, and takes it away then: cut off between, it is done again."""
        files.write(self._plain, "", owner=(0, self.group), mode=0o640)
        self.reload(plain=False)
        files.remove(self._plain)

    def reload(self, *, plain: bool) -> None:
        """Has a server that runs read its files again; sessions that are there go on. Raises Failed.

        `plain` is whether it accepts connections without TLS afterwards.
        """
        if self.pid() == 0:
            return
        if self.kind == "postgres":
            ClusterSession(self.container).execute(["SELECT pg_catalog.pg_reload_conf();"])
        elif self.secret is not None:
            session = RedisSession(self.container, self.secret)
            pair = ["tls-cert-file", f"{INSIDE}/certificate.pem", "tls-key-file", f"{INSIDE}/key.pem"]
            answer = session.ask("CONFIG", "SET", *pair, "port", "6379" if plain else "0")
            if answer != ["OK"]:
                raise Failed(f"{self.container}: CONFIG SET: {' '.join(answer)[:200]}")

    def pid(self) -> int:
        """The first process of its container; 0 where it does not run."""
        found = self._container()
        return 0 if found is None else Fields.of(found, self.container).child("State").integer("Pid")

    def is_there(self) -> bool:
        """Whether there is a container of it, running or not."""
        return self._container() is not None

    def _container(self) -> object:
        return docker.ask("GET", f"/containers/{docker.quote(self.container)}/json", allowed=(404,))

    @property
    def _plain(self) -> str:
        return f"{self.directory}/plain.conf"


@dataclass(frozen=True)
class Settings:
    """The servers, and the directories of the services that are to know the authority."""

    servers: Sequence[Server]
    clients: Sequence[str]

    @staticmethod
    def from_json(value: object, path: str) -> "Settings":
        """The file of settings."""
        fields = Fields.of(value, path)
        return Settings(fields.items("databases", Server.from_json), fields.texts("clients"))

    @property
    def authority(self) -> OwnAuthority:
        """This host's own."""
        return OwnAuthority(f"{paths.BASE}/authority")


def _faults(settings: Settings) -> list[str]:
    """What is not as declared."""
    if not settings.servers:
        return []
    authority = settings.authority
    if not authority.is_current():
        return ["this host's own authority is due"]
    text = files.read_text(authority.trusted)
    places = [*(server.directory for server in settings.servers), *settings.clients]
    shown = [f"{place}/authority.pem" for place in places]
    found = [f"{path}: it is not the authority's certificate" for path in shown if files.read_text_if_any(path) != text]
    for server in settings.servers:
        site = server.site(authority)
        found += [f"{server.container}: {fault}" for fault in site.faults()]
        if site.is_new() and not handshake.shows(server.pid(), server.kind, server.directory):
            found.append(f"{server.container}: it has not read its new certificate")
        if server.plain and not server.accepts_plain():
            found.append(f"{server.container}: it refuses connections without TLS, which are declared")
    return found


def _check(settings: Settings) -> int:
    faults = _faults(settings)
    print("\n".join(faults) or "all is as declared")
    return cli.FAILED if faults else cli.DONE


def _renew(settings: Settings, *, deploys: bool = False) -> int:
    if not settings.servers:
        return cli.DONE
    authority = settings.authority
    files.make_directory(authority.home)
    with lock.hold_directory(authority.home):
        authority.renew()
        text = files.read_text(authority.trusted)
        for client in settings.clients:
            _show(client, text, 0o755, 0o644, 0)
        each(lambda server: _renew_server(server, authority, text, deploys), settings.servers, LOG)
    return cli.DONE


def _show(directory: str, text: str, of_directory: int, of_file: int, group: int) -> None:
    files.make_directory(directory)
    files.set_directory(directory, (0, group), of_directory)
    path = f"{directory}/authority.pem"
    if files.read_text_if_any(path) != text:
        files.write(path, text, owner=(0, group), mode=of_file)


def _renew_server(server: Server, authority: OwnAuthority, text: str, deploys: bool) -> None:
    _show(server.directory, text, 0o750, 0o640, server.group)
    site = server.site(authority)
    # It was made before there was TLS, and so were the addresses that services have of it.
    is_older = deploys and site.current() is None and server.is_there()
    changed = (is_older or server.plain) and not server.accepts_plain()
    current = site.current()
    if changed and current is not None:
        # Until the server has read what is there now: cut off before that, it is told by the next run.
        files.remove(f"{current}/taken")
    if changed:
        server.accept_plain()
    try:
        faults = site.renew()
    except Failed as error:
        raise Failed(f"{server.container}: {error}") from error
    if faults:
        print(f"{server.container}: made a new certificate; the previous one: {', '.join(faults)}", flush=True)
    # The older one knows no such files; it is about to be made anew.
    if (changed or site.is_new()) and (is_older or _has_read(server, deploys)):
        site.mark_loaded()


def _has_read(server: Server, deploys: bool) -> bool:
    """Has a server read what is new. Raises Failed where it does not, but within a deploy.

    This may be the first that a deploy does where all of the host's records were lost: with the password by which a
    server is told, and the authority that it is known by. What has lost its secrets is started again with others then,
    and reads its certificate; one that goes on with the former one fails the check.
    """
    try:
        server.reload(plain=server.accepts_plain())
    except (Failed, OSError) as error:
        if not deploys:
            raise Failed(f"{server.container}: {error}") from error
        print(f"{server.container}: it has still to read its new certificate: {error}", flush=True)
        return False
    return True


def _closed(settings: Settings) -> int:
    open_ones = [server.container for server in settings.servers if not server.plain and server.accepts_plain()]
    print("\n".join(f"{name}: it accepts connections without TLS" for name in open_ones) or "none is accepted")
    return cli.FAILED if open_ones else cli.DONE


def _close(settings: Settings) -> int:
    each(lambda server: server.refuse_plain(), [server for server in settings.servers if not server.plain], LOG)
    return cli.DONE


def _served(settings: Settings, name: str) -> int:
    for server in settings.servers:
        if server.container == name:
            faults = handshake.faults(server.pid(), server.kind, server.directory, server.names[0])
            print("\n".join(f"{name}: {fault}" for fault in faults) or f"{name}: verified")
            return cli.FAILED if faults else cli.DONE
    raise Refused(f"found no database {name}, allowed: {', '.join(server.container for server in settings.servers)}")


ACTIONS: Mapping[str, Callable[[Settings], int]] = MappingProxyType(
    {
        "prepare": lambda settings: _renew(settings, deploys=True),
        "renew": _renew,
        "check": _check,
        "close": _close,
        "closed": _closed,
    }
)


def main(words: Sequence[str]) -> int:
    """Exit code 0: done, or all as declared. 1: it failed, or something is not."""
    cli.end_on_sigterm()
    return cli.main("the encryption program", LOG, lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    if len(words) == 2 and words[0] == "served":
        return _served(_settings(), words[1])
    action, rest = cli.choose(words, ACTIONS, USAGE)
    if rest:
        raise Refused(f"found {len(rest)} words after {words[0]}, allowed: {USAGE}")
    return action(_settings())


def _settings() -> Settings:
    return Settings.from_json(files.read_json(SETTINGS), SETTINGS)
