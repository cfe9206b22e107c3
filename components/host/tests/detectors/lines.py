"""Entries as hosts write them and a vault has them, for tests of what looks at them."""

import itertools
import json
from collections.abc import Mapping, Sequence

from phiward_host.detectors.settings import Threshold

BEGIN = 1_790_000_000_000_000
SECOND = 1_000_000
ROOT = {"_UID": "0", "_BOOT_ID": "b" * 32}
SSHD = {**ROOT, "SYSLOG_IDENTIFIER": "sshd-session"}
API = {**ROOT, "_SYSTEMD_UNIT": "docker.service", "CONTAINER_NAME": "api-12345678", "PHIWARD_SERVICE": "api"}
THRESHOLDS = {
    "brute-force": Threshold(5, 900),
    "restores-repeated": Threshold(2, 3600),
    "suspicious": Threshold(3, 600),
    "web-scan": Threshold(50, 600),
    "sql-injection": Threshold(3, 600),
    "port-scan": Threshold(10, 600),
}
DEPLOYS = "998"
_PORTS, _IDS = itertools.count(1024), itertools.count(7)


def failed(name: str = "alice", address: str = "192.0.2.66", port: int | None = None) -> Mapping[str, str]:
    """Of a connection of its own, without `port`."""
    own = next(_PORTS) if port is None else port
    said = f"Failed publickey for {name} from {address} port {own} ssh2: ED25519 SHA256:{'d' * 43}"
    return {**SSHD, "MESSAGE": said}


def failures(count: int) -> Sequence[Mapping[str, str]]:
    return [failed() for _ in range(count)]


def accepted(name: str, address: str, port: int = 5) -> Mapping[str, str]:
    return {**SSHD, "MESSAGE": f"Accepted publickey for {name} from {address} port {port} ssh2"}


def request(asks: str, route: str = "-", client: str = "203.0.113.9", tries: str = "no") -> Mapping[str, str]:
    said = (
        f"client={client} id=0f site=api.example.org route={route} method=GET status=404 bytes=80 seconds=0.000 "
        f"upstream=- upstream_seconds=- limited=PASSED tls=TLSv1.3 group=X25519MLKEM768 {asks} tries={tries} "
        "basic=no login=no"
    )
    return {"_UID": "33", "_SYSTEMD_UNIT": "nginx.service", "SYSLOG_IDENTIFIER": "nginx", "MESSAGE": said}


def blocked(port: int, address: str = "203.0.113.9") -> Mapping[str, str]:
    """The kernel's line of a packet that UFW drops (net/netfilter/nf_log_syslog.c)."""
    said = (
        f"[UFW BLOCK] IN=eth0 OUT= MAC=02:42:ac:11:00:02:02:42:ac:11:00:01:08:00 SRC={address} DST=192.0.2.10 "
        f"LEN=44 TOS=0x00 PREC=0x00 TTL=46 ID=52077 PROTO=TCP SPT=41331 DPT={port} WINDOW=1024 RES=0x00 SYN URGP=0 "
    )
    return {"_TRANSPORT": "kernel", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": said}


def line(**fields: object) -> Mapping[str, str]:
    said = {"audit": 1, "user": "dr", "action": "note.read", "outcome": "success", "address": "192.0.2.9", **fields}
    return {**API, "MESSAGE": json.dumps(said)}


def restore(event: str) -> Mapping[str, str]:
    said = json.dumps({"event": event, "who": "alice", "what": "database:api"})
    return {**ROOT, "SYSLOG_IDENTIFIER": "phiward-restore", "MESSAGE": said}


def sudo(words: str, refusal: str = "") -> Mapping[str, str]:
    said = f"   alice : {refusal}TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND={words}"
    return {"_UID": "1001", "_EXE": "/usr/bin/sudo", "SYSLOG_IDENTIFIER": "sudo", "MESSAGE": said}


def key_read(
    program: str, auid: str, session: str = "3", path: str = "/var/lib/phiward/secrets/db"
) -> Sequence[Mapping[str, str]]:
    """The kernel's records of one event."""
    id = str(next(_IDS))
    common = {**ROOT, "_TRANSPORT": "audit", "_AUDIT_ID": id, "_AUDIT_SESSION": session}
    call = f'SYSCALL arch=c000003e success=yes auid={auid} uid=0 exe="{program}" key="key-files"'
    return (
        {**common, "_AUDIT_TYPE": "1300", "MESSAGE": call},
        {**common, "_AUDIT_TYPE": "1302", "MESSAGE": f'PATH name="{path}" nametype=NORMAL'},
    )


def deploy_begins(number: str, session: str) -> Mapping[str, str]:
    said = f"alice from 192.0.2.8: audit session {session}"
    return {"_UID": number, "_BOOT_ID": "b" * 32, "SYSLOG_IDENTIFIER": "phiward-deploy", "MESSAGE": said}
