"""The sealing key of this host: journald changes it with each interval, and cannot seal again what it sealed before.

The verification key shows whether a seal is whole, and whoever has it can make seals: it is encrypted in memory as soon
as it is made, and is nowhere else.
"""

import hashlib
import os
import re
import stat
import time

from phiward_host.common import files, journal, paths, process, records
from phiward_host.common.decode import Fields, as_str
from phiward_host.common.errors import Failed
from phiward_host.common.log import RootLog
from phiward_host.sealing.header import BYTES, Header
from phiward_host.sealing.settings import SealingSettings

LOG = RootLog("sealing")
TOP = "/var/log/journal"
VERIFICATION = re.compile(r"[0-9a-f]{6}(?:-[0-9a-f]{6}){3}/[0-9a-f]{1,16}-[0-9a-f]{1,16}", re.ASCII)
# Of the file fss: its header and the modulus, which stay as they are; what follows evolves.
START_AT, INTERVAL_AT, MODULUS_AT, EPOCH_AT, FSS_BYTES, LASTING_BYTES = 56, 64, 90, 474, 482, 282

# A clock that is set right by less makes no other key.
CLOCK_SECONDS = 60.0
# Of a minute each, four months: it takes a second.
MOST_PASSED = 200_000


def machine() -> str:
    """The directory of this machine's own journal."""
    return f"{TOP}/{files.read_text('/etc/machine-id').strip()}"


def fss() -> str:
    return f"{machine()}/fss"


def directory() -> str:
    """Where encrypted verification keys are, and which sealing key is the last of them."""
    return f"{paths.BASE}/sealing"


def _state() -> str:
    return f"{directory()}/key.json"


def trouble(settings: SealingSettings) -> str | None:
    """Why the journal is not sealed as declared, or None."""
    return key_trouble(settings) or _file_trouble()


def key_trouble(settings: SealingSettings) -> str | None:
    """What is wrong with the sealing key, so that another one has to be made; None where it is the one on record."""
    known = records.read_or_begin(_state(), _fingerprint, "", LOG)
    found = files.status(fss())
    if found is None:
        return "the sealing key was removed" if known else "there is no sealing key"
    data = files.read(fss())
    if len(data) != FSS_BYTES or fingerprint(data) != known:
        return "the sealing key is not the one whose verification key was kept"
    if int.from_bytes(data[INTERVAL_AT : INTERVAL_AT + 8], "little") != settings.interval_seconds * 1_000_000:
        return "the sealing key has another interval"
    if found.st_uid != 0 or stat.S_IMODE(found.st_mode) != 0o600:
        return "the sealing key is not root's alone"
    if begins(data) > time.time() + settings.interval_seconds + CLOCK_SECONDS:
        return "the sealing key is ahead of the clock, so nothing is sealed"
    return None


def _file_trouble() -> str | None:
    try:
        with files.reading(f"{machine()}/system.journal") as descriptor:
            header = Header.of(os.pread(descriptor, BYTES, 0))
    except FileNotFoundError:
        return "journald writes no file on the disk"
    if header is None or not header.sealed or header.tags == 0:
        return "the file that journald writes is not sealed"
    return None


def fingerprint(data: bytes) -> str:
    """What a sealing key is known by, whatever journald has made of it since."""
    return hashlib.sha256(data[:LASTING_BYTES]).hexdigest()


def begins(data: bytes) -> float:
    """When the interval begins that a sealing key is of, in seconds."""
    start, interval = (int.from_bytes(data[at : at + 8], "little") for at in (START_AT, INTERVAL_AT))
    return (start + int.from_bytes(data[EPOCH_AT:], "big") * interval) / 1_000_000


def _fingerprint(value: object, path: str) -> str:
    return Fields.of(value, path).read("fingerprint", as_str)


def make(settings: SealingSettings, reason: str) -> None:
    """Makes a sealing key, keeps its verification key encrypted, and has journald begin a file with it. Raises Failed.

    Cut off before the end, the key is not the one on record, and the next one is made in its place.
    """
    files.make_directory(directory())
    argv = ["journalctl", "--quiet", "--setup-keys", "--force", f"--interval={settings.interval_seconds}s"]
    done = process.run(argv)
    verification = done.stdout.strip()
    # Neither goes to the log: what it says on standard output is the key.
    if done.code != 0 or VERIFICATION.fullmatch(verification) is None:
        raise Failed(f"no sealing key could be made: {process.ended('journalctl', done.code)}")
    # journalctl leaves it to a group. journald opens it when it begins a file, which is further below.
    files.set_file(fss(), (0, 0), 0o600)
    data = files.read(fss())
    _keep(verification, settings.recipient, fingerprint(data))
    records.write_json(_state(), {"fingerprint": fingerprint(data)}, LOG)
    rotate()
    words = f"Made a sealing key of the journal: {reason}"
    journal.record("operation", words, what="made a sealing key of the journal", outcome="success")


def _keep(verification: str, recipient: str, fingerprint: str) -> None:
    sealed = process.run(["age", "--armor", "--recipient", recipient], stdin=f"{verification}\n")
    if sealed.code != 0:
        raise Failed(f"the verification key could not be encrypted: {process.ended('age', sealed.code)}")
    name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{fingerprint[:16]}"
    files.write(f"{directory()}/{name}.age", sealed.stdout, mode=0o400)


def pass_intervals(data: bytes, now: float) -> bytes | None:
    """The sealing key as journald would have made it by now, had it run; None where it is of this interval, or later.

    A key is the square of the one before, modulo a number of which only the verification key knows the factors (FSPRG).
    """
    start, interval = (int.from_bytes(data[at : at + 8], "little") for at in (START_AT, INTERVAL_AT))
    epoch = int.from_bytes(data[EPOCH_AT:], "big")
    if len(data) != FSS_BYTES or interval == 0:
        return None
    passed = (int(now * 1_000_000) - start) // interval - epoch
    if not 0 < passed <= MOST_PASSED:
        return None
    modulus, state = (
        int.from_bytes(part, "big") for part in (data[MODULUS_AT:LASTING_BYTES], data[LASTING_BYTES:EPOCH_AT])
    )
    squared = pow(state, 1 << passed, modulus)
    return (
        data[:LASTING_BYTES] + squared.to_bytes(EPOCH_AT - LASTING_BYTES, "big") + (epoch + passed).to_bytes(8, "big")
    )


def rotate() -> None:
    """journald closes the files that it writes with a seal, and begins others. Raises Failed."""
    process.must("the journal's files could not be closed", ["journalctl", "--rotate"], LOG)
