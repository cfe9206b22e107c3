"""Logins by SSH, and who became another account: what sshd(8), sudo(8) and su(1) say."""

import re

from phiward_host.records.act import Act, Query, Reader, shown_command
from phiward_host.records.entry import Entry

NAME = r"[a-z_][a-z0-9_.-]{0,31}"
ADDRESS = r"[0-9a-fA-F.:]{2,45}"
KEY = r"SHA256:[A-Za-z0-9+/]{43}"
# What a client chose is between fixed words, the last of which count: it may hold any text.
_ACCEPTED = re.compile(rf"Accepted (\S+) for ({NAME}) from ({ADDRESS}) port [0-9]+ ssh2(?:: \S+ ({KEY}))?")
_FAILED = re.compile(rf"Failed (\S+) for ({NAME}) from ({ADDRESS}) port [0-9]+ ssh2(?:: \S+ ({KEY}))?")
_UNKNOWN = re.compile(rf"Invalid user .* from ({ADDRESS}) port [0-9]+", re.DOTALL)
_SUDO = re.compile(
    rf"\s*({NAME}) : (?:((?!TTY=|PWD=).*?) ; )?(?:TTY=(\S+) ; )?PWD=.*? ; USER=({NAME}) ;"
    r"(?: [A-Z]+=\S+ ;)* COMMAND=(.*)",
    re.DOTALL,
)
_MARKS = re.compile(r" ; (?:USER|COMMAND)=|\(command continued\)")
_CALLER = re.compile(rf"\s*({NAME}) : ")
_SU = re.compile(rf"(FAILED SU )?\(to ({NAME})\) ({NAME}) on (\S+)")


def login(entry: Entry) -> Act | None:
    message = entry.text("MESSAGE")
    if not entry.is_roots:
        return None
    found = _ACCEPTED.fullmatch(message)
    outcome = "success"
    if found is None:
        found, outcome = _FAILED.fullmatch(message), "failure"
    if found is not None:
        how, who, address, key = found.groups()
        return Act(entry.time, entry.host, "login", f"ssh by {how}", who, address, outcome, key or "")
    # The name is not shown: it may be a password that was typed as one.
    unknown = _UNKNOWN.fullmatch(message)
    if unknown is None:
        return None
    return Act(entry.time, entry.host, "login", "ssh as an unknown account", "", unknown.group(1), "failure")


def privilege(entry: Entry) -> Act | None:
    message = entry.text("MESSAGE")
    if entry.is_containers:
        return None
    # sudo runs with the number of who calls it, so it is known by its program, which journald does not find any more
    # where the command was over at once: then anybody may have written the line, about their own number alone.
    if entry.text("SYSLOG_IDENTIFIER") == "sudo" and (entry.is_roots or entry.text("_EXE") in ("/usr/bin/sudo", "")):
        # Whoever calls it names the directory and the command, which could each have the words that are looked for.
        found = _SUDO.fullmatch(message) if len(_MARKS.findall(message)) == 2 else None
        if found is None and _MARKS.search(message) is not None:
            caller = _CALLER.match(message) if entry.is_roots else None
            by = f"uid {entry.text('_UID')}" if caller is None else caller.group(1)
            return Act(entry.time, entry.host, "privilege", "sudo: a line that cannot be read for sure", by)
        if found is not None:
            who, refusal, terminal, account, command = found.groups()
            outcome = "success" if refusal is None else "denied"
            what = f"sudo as {account}: {shown_command(command.split(' '))}"
            # By the number that the kernel gives: who sends a line and becomes sudo at once passes for sudo.
            by = who if entry.is_roots else f"uid {entry.text('_UID')}"
            return Act(entry.time, entry.host, "privilege", what, by, terminal or "", outcome)
    if entry.text("SYSLOG_IDENTIFIER") == "su" and entry.is_roots:
        found = _SU.fullmatch(message)
        if found is not None:
            failed, account, who, terminal = found.groups()
            outcome = "success" if failed is None else "denied"
            return Act(entry.time, entry.host, "privilege", f"su to {account}", who, terminal, outcome)
    return None


READERS = (
    Reader(
        ("login",),
        Query(
            [["_UID=0", "SYSLOG_IDENTIFIER=sshd", "SYSLOG_IDENTIFIER=sshd-session"]],
            grep=r"^(Accepted|Failed) \S+ for |^Invalid user ",
        ),
        login,
    ),
    Reader(
        ("privilege",),
        Query([["SYSLOG_IDENTIFIER=sudo"], ["SYSLOG_IDENTIFIER=su"]], grep=r" ; COMMAND=|\(command continued\)|\(to "),
        privilege,
    ),
)
