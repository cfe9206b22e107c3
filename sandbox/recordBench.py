"""Six simulated years of a small clinic's journal at a vault: its size, and how long questions to the record take.

`python3 sandbox/recordBench.py DIRECTORY [YEARS]`: needs systemd-journal-remote, and a directory that is not there.
"""

import contextlib
import io
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "components", "host"))

from phiward_host.common import paths
from phiward_host.records import main, sources

WRITER = "/lib/systemd/systemd-journal-remote"
BEGIN = 1_577_836_800  # 2020-01-01T00:00:00Z
DAY = 24 * 3600
# What a small clinic's host writes in a day.
PER_DAY = {"login": 20, "failed": 60, "sudo": 20, "application": 400, "audit": 30, "web": 400}
QUESTIONS = {
    "one day, everything": ("from=2023-03-01T00:00:00Z", "to=2023-03-02T00:00:00Z"),
    "one person, one month": ("from=2023-03-01T00:00:00Z", "to=2023-04-01T00:00:00Z", "who=alice"),
    "reads of keys, all years": ("from=2020-01-01T00:00:00Z", "to=2026-01-01T00:00:00Z", "what=ENCRYPTION_KEY_ACCESS"),
    "one person's logins, all years": (
        *("from=2020-01-01T00:00:00Z", "to=2026-01-01T00:00:00Z", "who=alice", "what=login"),
    ),
    "all failures of the audit, all years": (
        *("from=2020-01-01T00:00:00Z", "to=2026-01-01T00:00:00Z", "what=AUDIT_LOG_FAILURE"),
    ),
}


def message(kind: str, number: int) -> list[dict[str, str]]:
    root = {"_UID": "0", "_TRANSPORT": "syslog"}
    address = f"198.51.100.{number % 250}"
    if kind == "login":
        who = ("alice", "bob")[number % 2]
        text = f"Accepted publickey for {who} from {address} port {number} ssh2: ED25519 SHA256:{'k' * 43}"
        return [{**root, "SYSLOG_IDENTIFIER": "sshd-session", "MESSAGE": text}]
    if kind == "failed":
        text = f"Invalid user name{number} from {address} port {number}"
        return [{**root, "SYSLOG_IDENTIFIER": "sshd-session", "MESSAGE": text}]
    if kind == "sudo":
        text = f"alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/docker logs api{number}"
        return [{**root, "SYSLOG_IDENTIFIER": "sudo", "MESSAGE": text}]
    if kind == "application":
        text = f'{{"audit":1,"user":"u{number % 9}","action":"note.read","object":"n{number}","outcome":"success"}}'
        return [{"_UID": "0", "_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "api", "PHIWARD_SERVICE": "api", "MESSAGE": text}]
    if kind == "audit":
        same = {"_UID": "0", "_TRANSPORT": "audit", "_AUDIT_ID": str(number)}
        rule = "secrets" if number % 30 == 0 else "denied"
        call = f'SYSCALL success=yes auid=1001 uid=0 exe="/usr/bin/cat" key="{rule}"'
        return [
            {**same, "_AUDIT_TYPE": "1300", "_AUDIT_LOGINUID": "1001", "MESSAGE": call},
            {**same, "_AUDIT_TYPE": "1302", "MESSAGE": f'PATH item=0 name="/srv/file{number}" nametype=NORMAL'},
        ]
    return [{"_UID": "33", "SYSLOG_IDENTIFIER": "nginx", "MESSAGE": f'{address} GET "/api/notes" 200 {number} 0.004'}]


def day(number: int) -> str:
    lines: list[str] = []
    moments: list[tuple[int, dict[str, str]]] = []
    for kind, count in PER_DAY.items():
        for index in range(count):
            at = (BEGIN + number * DAY) * 1_000_000 + index * (DAY * 1_000_000 // count)
            moments += [(at, fields) for fields in message(kind, number * count + index)]
    for at, fields in sorted(moments, key=lambda moment: moment[0]):
        lines += [f"__REALTIME_TIMESTAMP={at}\n", f"__MONOTONIC_TIMESTAMP={at - BEGIN * 1_000_000 + 1}\n"]
        lines.append(f"_BOOT_ID={'b' * 32}\n")
        lines += [f"{name}={value}\n" for name, value in fields.items()]
        lines.append("\n")
    return "".join(lines)


def run(directory: str, years: int) -> None:
    remote = os.path.join(directory, "remote")
    os.makedirs(remote)
    started = time.monotonic()
    with subprocess.Popen(
        [WRITER, f"--output={remote}/remote-web.journal", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as writer:
        if writer.stdin is not None:
            for number in range(years * 365):
                writer.stdin.write(day(number))
            writer.stdin.close()
    if writer.returncode != 0:
        raise SystemExit("systemd-journal-remote failed")
    written = sum(os.path.getsize(os.path.join(remote, name)) for name in os.listdir(remote))
    count = years * 365 * (sum(PER_DAY.values()) + PER_DAY["audit"])
    seconds = time.monotonic() - started
    print(f"{count} entries in {written >> 20} MB, {len(os.listdir(remote))} files, written in {seconds:.0f} s")
    sources.JOURNALS = os.path.abspath(directory)
    paths.BASE = os.path.join(os.path.abspath(directory), "state")
    for name, words in QUESTIONS.items():
        started, printed = time.monotonic(), io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = main.main(["acts", "own=vault", *words])
        if code != 0:
            raise SystemExit(f"{name}: exit code {code}")
        print(f"{name}: {len(printed.getvalue().splitlines()) - 1} acts in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 6)
