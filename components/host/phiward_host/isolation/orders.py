"""Orders that come by the vault, where SSH does not answer: signed by a declared person, for this host alone.

The vault keeps what a person left there, and this host asks for it over the connection that its journal's account has.
Nothing of the vault's is believed but the signature: it can keep an order back, and make none. An order counts once,
before its end, and never after a newer one.
"""

import datetime
import json
import subprocess
import time
from dataclasses import dataclass

from phiward_host.common import contained, files, isolated, output, paths, process
from phiward_host.common.decode import Fields
from phiward_host.common.errors import Failed, Refused
from phiward_host.isolation import acts
from phiward_host.isolation.settings import IsolationSettings
from phiward_host.journal.send import ssh_argv
from phiward_host.journal.settings import Vault

SIGNERS = "/etc/phiward/isolation-signers"
NAMESPACE = "phiward-isolation"
TITLE = "An order to a host"
LINES = ("host", "host key", "what", "why", "who", "at", "until", "nonce")
MOST_BYTES = 16 << 10
SECONDS = 40.0
# How long an order may count, and how far clocks may be apart.
LONGEST_SECONDS, APART_SECONDS = 86_400, 300


@dataclass(frozen=True)
class Order:
    """What a person orders this host, and when."""

    what: str
    who: str
    why: str
    at: float
    until: float


def ask(settings: IsolationSettings) -> None:
    """Asks the vault, and carries out what it has. Raises Failed."""
    if settings.vault is None:
        return
    found = _asked(settings.vault)
    if not found:
        return
    try:
        fields = Fields.of(json.loads(found), "the vault's answer")
        text, signature = fields.text("text"), fields.text("signature")
    except (ValueError, RecursionError) as error:
        raise Failed("the vault's answer is of another form") from error
    order = judged(settings.host, text, signature, time.time())
    if order is None:
        return
    work = acts.isolate if order.what == "isolate" else acts.unisolate
    work(order.who, order.why, order.at, "a signed order at the vault")


def judged(host: str, text: str, signature: str, now: float) -> Order | None:
    """The order; None where it was carried out already, or its time is over. Raises Refused where it does not count."""
    order = _read(host, text)
    if order.at <= isolated.standing().last or now > order.until:
        return None
    if order.at > now + APART_SECONDS or order.until - order.at > LONGEST_SECONDS:
        raise Refused("the order at the vault is of another time; look at the clock of whoever signed it")
    signer = signer_of(text, signature)
    if signer != order.who:
        raise Refused("the order at the vault is not signed by who gives it, with a key that the stack's file has")
    return order


def _read(host: str, text: str) -> Order:
    first, *rest = text.split("\n")
    rows = [line.partition(": ") for line in rest[:-1]]
    said = {name: value for name, _, value in rows}
    if first != TITLE or rest[-1:] != [""] or tuple(name for name, _, _ in rows) != LINES:
        raise Refused("the order at the vault is of another form")
    own = process.run(["ssh-keygen", "-y", "-f", paths.HOST_KEY])
    if own.code != 0:
        raise Failed("this host's SSH key cannot be read")
    if said["host"] != host or said["host key"].split() != own.stdout.split()[:2]:
        raise Refused("the order at the vault is for another host")
    if said["what"] not in ("isolate", "unisolate") or acts.WHY.fullmatch(said["why"]) is None:
        raise Refused("the order at the vault says what nobody orders so, or no reason")
    return Order(said["what"], said["who"], said["why"], _time(said["at"]), _time(said["until"]))


def _time(text: str) -> float:
    try:
        found = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError as error:
        raise Refused("the order at the vault has a time of another form") from error
    return found.replace(tzinfo=datetime.UTC).timestamp()


def signer_of(text: str, signature: str) -> str | None:
    """Whose signature on a text it is, of those whose count. It writes nothing."""
    with files.secret_file(signature) as (given, path):
        find = ["ssh-keygen", "-Y", "find-principals", "-s", path, "-f", SIGNERS]
        found = process.run(find, pass_fds=(given,))
        revoked = ["-r", contained.KEYS_FILE] if files.exists(contained.KEYS_FILE) else []
        for name in found.stdout.splitlines() if found.code == 0 else ():
            verify = ["ssh-keygen", "-Y", "verify", "-f", SIGNERS, "-I", name, "-n", NAMESPACE, "-s", path, *revoked]
            if process.run(verify, stdin=text, pass_fds=(given,)).code == 0:
                return name
    return None


def _asked(vault: Vault) -> str:
    try:
        child = subprocess.Popen(
            ssh_argv(vault, "orders"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=process.environment(),
            cwd="/",
        )
        out, _ = output.collect(child, None, SECONDS, MOST_BYTES)
    except subprocess.TimeoutExpired:
        raise Failed("the vault did not say in time whether it has an order") from None
    except output.TooMuch:
        raise Failed("the vault said more than an order has") from None
    if child.returncode != 0:
        raise Failed("the vault does not say whether it has an order: deploy it first")
    return out.decode("utf-8", "replace").strip()
