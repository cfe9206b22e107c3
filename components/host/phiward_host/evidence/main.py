"""Answers a request for evidence, or for what changed: it came along with the request, and is no copy of the host's.

On standard output goes the evidence, encrypted; on standard error a line of JSON for each item, and the last with the
statement that the host signed. Nothing is written to this host but the record that its journal keeps of it.
"""

import contextlib
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Mapping

from phiward_host.common import cli, journal, memory
from phiward_host.common.decode import Fields
from phiward_host.common.log import RootLog
from phiward_host.common.who import who
from phiward_host.evidence import proc, reading, running, sealing, sources
from phiward_host.evidence.asked import Asked
from phiward_host.evidence.stream import FORMAT, Stream, canonical

LOG = RootLog("evidence")
JOURNAL_SECONDS = 2.0
# Who is ended last where there is no memory: neither this nor what encrypts.
LAST = "-900"
# What whoever has become root can make of this, whatever is read: said with each evidence.
DOUBTS = (
    "a changed kernel answers what it likes: processes, modules, sockets and files are as it shows them",
    "a preloaded library is in our own process too: `mapped` of the footprint says what was loaded",
    "programs that are asked, or encrypt (age, ssh-keygen, ip, nft, journalctl …), are the host's own: by their hashes",
    "the record of packages and the first baseline are the host's own, where no seal is in the stack's file",
    "times of files but `changed` can be set by whoever owns them, and the clock by root",
)


def answer_request(body: bytes, digest: str) -> int:
    """Returns the exit code, as of cli.main."""
    # Nothing is left on a disk that is evidence itself.
    RootLog.silent = True
    with contextlib.suppress(OSError):
        memory.bound()
    return cli.main("the program of evidence", LOG, lambda: _answer(body, digest))


def _answer(body: bytes, digest: str) -> int:
    asked = Asked.from_fields(Fields.of(json.loads(body), "request"))
    _outlast()
    began = time.time()
    out = sealing.Sealed(asked.recipient)
    stream = Stream(out.write, _tell, asked.nonce)
    footprint: list[dict[str, object]] = []
    _request(stream, asked, digest, began)
    for source in sources.chosen(asked):
        running.run(source, asked, stream, footprint)
    _footprint(stream, asked, footprint, out.pid)
    statement = canonical(
        {
            "format": FORMAT,
            "mode": asked.mode,
            "host": asked.host,
            "of": asked.of,
            "by": who(),
            "nonce": asked.nonce,
            "request": digest,
            "items": stream.count,
            "bytes": stream.bytes,
            "head": stream.head,
            "begun": began,
            "ended": time.time(),
        }
    )
    signed = sealing.signature(statement)
    stream.close(statement, signed)
    out.close()
    _tell({"statement": statement.decode(), "signature": signed.decode("ascii", "replace")})
    if asked.mode != "findings":
        _record(f"evidence of {asked.of or asked.host} taken: {stream.count} items, head {stream.head}")
    return cli.DONE


def _outlast() -> None:
    reading.put("/proc/self/oom_score_adj", LAST)


def _request(stream: Stream, asked: Asked, digest: str, began: float) -> None:
    """The first item: who asked for what, of which machine, and what may be wrong with all of it."""
    stream.begin("request", "the request, and the machine that answers it")
    said: Mapping[str, object] = {
        "by": who(),
        "mode": asked.mode,
        "host": asked.host,
        "of": asked.of,
        "request": digest,
        "since": asked.since,
        "memory": asked.memory,
        "clock": {"time": began, "monotonic": time.monotonic(), "boot": reading.text("/proc/uptime").strip()},
        "system": list(platform.uname()),
        "python": sys.version,
        "boot": reading.text("/proc/sys/kernel/random/boot_id").strip(),
        "doubts": list(DOUBTS),
    }
    stream.add(canonical(said))
    stream.end("whole")


def _footprint(stream: Stream, asked: Asked, done: list[dict[str, object]], sealing_pid: int | None) -> None:
    """The last item: what the looking itself did to the host."""
    stream.begin("footprint", "what taking this evidence did to the host")
    family = proc.own_family()
    sessions = [proc.environment(pid).get("SSH_CONNECTION") for pid in family]
    usage = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    rows: list[Mapping[str, object]] = [
        {
            "processes": [
                {"pid": pid, "argv": reading.text(f"/proc/{pid}/cmdline", 300).replace("\0", " ")} for pid in family
            ],
            "age": sealing_pid,
            "mapped": proc.mapped(os.getpid()),
        },
        {"connections": sorted({each for each in sessions if each})},
        {
            "read": "all that items name; our own reads leave times of access as they are (O_NOATIME), "
            "those of programs change them as the mount options say",
        },
        {
            "records": [
                "sshd, pam_unix, systemd-logind and sudo logged the login and the command; logins has it",
                "the kernel's audit has the records of its rules: programs started, secrets' files read",
                f"this program's own line in the journal, at the end, by {who()}",
            ],
            "written": "no file of ours: the program was in memory (memfd), and what was found left through SSH",
        },
        {
            "cpuSeconds": round(sum(each.ru_utime + each.ru_stime for each in usage), 2),
            "mostMemoryKilobytes": max(each.ru_maxrss for each in usage),
            "blocksWritten": sum(each.ru_oublock for each in usage),
        },
        *done,
    ]
    for row in rows:
        stream.add(canonical(row))
    stream.end("whole", {"programs": sum("program" in row for row in done), "host": asked.host})


def _tell(said: Mapping[str, object]) -> None:
    with contextlib.suppress(OSError):
        os.write(2, json.dumps(said, ensure_ascii=True).encode() + b"\n")


def _record(what: str) -> None:
    """In this host's journal, which goes to its vault: a journal that hangs is not waited for."""
    person = who()
    fields = {"PHIWARD_ACT": "operation", "PHIWARD_WHO": person, "PHIWARD_WHAT": what, "PHIWARD_OUTCOME": "success"}
    journal.send({**journal.COMMON, "MESSAGE": f"{person}: {what}", **fields}, patience=JOURNAL_SECONDS)
