"""People who are locked, keys that are revoked: SSH and sudo refuse them, and what they have open ends."""

import os
from collections.abc import Callable, Mapping, Sequence

from phiward_host.common import contained, files, isolated, process, room
from phiward_host.common.contained import KEYS_FILE, SSH_FILE, SUDO_FILE, Contained
from phiward_host.common.decode import as_strs, dict_of, list_of
from phiward_host.common.errors import Failed, Refused
from phiward_host.isolation.held import attempts
from phiward_host.people import accounts, processes

RIGHTS = "/etc/phiward/people.json"
KEYS_DIRECTORY = "/etc/ssh/authorized_keys.d"
DATABASES = "/etc/phiward/accounts.json"
SUDO_CREDENTIALS = "/run/sudo/ts"


def rights() -> Mapping[str, Sequence[str]]:
    """What each declared person may, each right as a word: `sudo`, or a key. Raises OSError, Failed."""
    return dict_of(as_strs)(files.read_json(RIGHTS) or {}, RIGHTS)


def require_known(name: str) -> None:
    if name not in rights():
        raise Refused(f"found {name}, allowed: a person of the stack; {', '.join(sorted(rights()))}")


def keys_of(name: str) -> tuple[str, ...]:
    """The keys by which a person is let in now."""
    return tuple(contained.keys_in(f"{KEYS_DIRECTORY}/{name}"))


def require_administrator(wanted: Contained) -> None:
    """Raises Refused where nobody with sudo would be left who has a key that is accepted."""
    refused, day = set(wanted.refused_keys), accounts.today()
    closed = {one.name for one in accounts.accounts() if one.is_closed(day)}
    for name, words in rights().items():
        if "sudo" in words and name not in wanted.people and name not in closed and set(keys_of(name)) - refused:
            return
    raise Refused(
        "nobody with sudo would be left who can log in; allowed: while another administrator can. Nothing was changed"
    )


def write(wanted: Contained) -> None:
    """Puts the files in place that follow from it, and has SSH read them.

    Raises Failed and OSError; they are as before then.
    """
    before = {path: files.read_text_if_any(path) for path in (KEYS_FILE, SSH_FILE, SUDO_FILE)}
    texts = wanted.rendered()
    try:
        # Keys before the line that names their file, and after it where that goes: a file that is missing refuses all.
        for path in (KEYS_FILE, SSH_FILE, SUDO_FILE):
            if path in texts and before[path] != texts[path]:
                _replace(path, texts[path])
        for path in (SSH_FILE, SUDO_FILE):
            if path not in texts:
                files.remove(path)
        for argv in (["/usr/sbin/sshd", "-t"], ["visudo", "--check", "--quiet"]):
            done = process.run(argv)
            if done.code != 0:
                raise Failed(
                    f"{process.ended(argv[0], done.code)}: what follows from this is not accepted; nothing was changed"
                )
    except BaseException:
        for path, text in before.items():
            if text is None:
                files.remove(path)
            elif files.read_text_if_any(path) != text:
                _replace(path, text)
        raise
    process.run(["systemctl", "reload", "ssh.service"], timeout=30)
    if KEYS_FILE not in texts:
        files.remove(KEYS_FILE)


def _replace(path: str, text: str) -> None:
    mode = {SUDO_FILE: 0o440, KEYS_FILE: 0o644}.get(path, 0o600)
    room.using(lambda: files.write(path, text, mode=mode))


def settle(now: Contained) -> None:
    """As `write`, where a file is another one. Raises Failed."""
    texts = now.rendered()
    if any(files.read_text_if_any(path) != texts.get(path) for path in (KEYS_FILE, SSH_FILE, SUDO_FILE)):
        write(now)


def end(name: str) -> list[str]:
    """Ends all that a person has open: SSH, sudo, tmux, the login of deploys, sessions in databases.

    Returns what could not be ended, a sentence each.
    """

    def sessions() -> Sequence[str]:
        for account in accounts.accounts():
            if account.name == name:
                processes.end(account)
                for path in (f"{SUDO_CREDENTIALS}/{name}", f"{SUDO_CREDENTIALS}/{account.uid}"):
                    files.remove(path)
        processes.end_deploys(name)
        return ()

    return attempts({"sessions": sessions, "databases": lambda: _roles(name)})


def end_in_applications(name: str) -> list[str]:
    """Has applications end what a person has open there, as their services declare. Returns what failed."""
    # Only here: it is for hosts with services.
    from phiward_host.containers import jobs

    works = jobs.at_lock(name)
    if works and isolated.is_isolated():
        return [f"{each}: the host is isolated, and its containers frozen; lock once more afterwards" for each in works]
    return attempts(works)


def _roles(name: str) -> Sequence[str]:
    """Ends the sessions of the person's roles, which log in no more; whoever is unlocked does with the next session."""
    if not files.exists(DATABASES):
        return ()
    # Only here: hosts without databases have none of it loaded.
    from phiward_host.databases import accounts as databases
    from phiward_host.databases import people, retirement
    from phiward_host.databases.session import ClusterSession

    works: dict[str, Callable[[], Sequence[str]]] = {}
    for server in list_of(databases.database_from_json)(files.read_json(DATABASES) or [], "databases"):
        container = getattr(server, "container", None)
        if isinstance(server, databases.PostgresAccounts) and container is not None:

            def end_role(container: str = container) -> Sequence[str]:
                cluster = ClusterSession(container)
                role = people.PREFIX + name
                if any(line.split("|")[1:2] == [role] for line in cluster.execute([people.FACTS])):
                    retirement.end_sessions(cluster, role)
                return ()

            works[f"database {container}"] = end_role
    return attempts(works)


def end_sessions(name: str | None, own: str) -> tuple[list[str], list[str]]:
    """Ends the interactive sessions of one person or of all, but the one that asks. Returns whose, and what is left."""
    session = (files_session() or "").strip()
    ended: list[str] = []
    trouble: list[str] = []
    for account in accounts.accounts():
        if account.name == own and name in (None, own):
            ended += [account.name] if _end_others(account.uid, session) else []
        elif account.name == name or (name is None and account.name in rights()):
            had = bool(processes.processes(account))
            trouble += end(account.name)
            ended += [account.name] if had else []
    return ended, trouble


def files_session() -> str | None:
    """The kernel's number of the session that asks."""
    return processes.session_of(os.getpid())


def _end_others(uid: int, session: str) -> bool:
    found = [pid for pid in processes.of_login(uid) if processes.session_of(pid) not in (session, None)]
    for pid in found:
        processes.kill(pid)
    return bool(found)
