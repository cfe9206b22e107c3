"""Why an authority issued no certificate, read in what certbot(1) printed and logged, in words for an operator."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from phiward_host.common.text import one_line

# Of what an authority says: it may quote what it was answered.
MOST_DETAIL = 300
# What certbot prints and logs holds whole answers, which an authority makes as long as it likes; reasons come last.
MOST_TEXT = 1 << 18
MOST_LINE = 2000
# As long as a name can be, and as many as a certificate has at Let's Encrypt.
MOST_NAME = 253
MOST_CHALLENGES = 100
# As certbot prints each challenge that failed.
CHALLENGE = re.compile(r"^ *Domain: *(\S+)\n *Type: *(\S+)\n *Detail: *(.*)$", re.MULTILINE)
# As its log has an error that is not of a challenge.
PROBLEM = re.compile(r"^acme\.messages\.Error: urn:ietf:params:acme:error:(\w+) :: (.*)$", re.MULTILINE)
RESPONSE = re.compile(r"^HTTP [45]\d\d\n((?:[A-Za-z-]+: .*\n)*)", re.MULTILINE)
SECONDS = re.compile(r"[0-9]{1,10}")
RETRY_AFTER = re.compile(r"^Retry-After: (.+)$", re.MULTILINE | re.IGNORECASE)
UNREACHABLE = re.compile(
    r"^(?:[\w.]{0,100}\.)?(?:ValueError: Requesting |\w{0,40}(?:Connection|SSL|Timeout|Proxy)\w{0,40}: )(.*)$", re.M
)
# RFC 8555 section 6.7. What is here is about the names or what this host answers: it is found at a rehearsal as well.
OURS: Mapping[str, str] = MappingProxyType(
    {
        "caa": "the CAA records of its zone do not allow this authority: add it (`issuers` of the droplet's `dns`)",
        "connection": "it could not connect under this name: its A and AAAA records must lead here, with port 80 open",
        "dns": "it found no usable DNS record of this name: add its A or AAAA record, or wait until it is known",
        "incorrectResponse": "what answered under this name was not this host: its A and AAAA records lead elsewhere",
        "unauthorized": "what answered under this name was not this host: its A and AAAA records lead elsewhere",
        "malformed": "it did not accept the request",
        "rejectedIdentifier": "it issues no certificates for this name",
        "unsupportedContact": "it does not accept the email address",
        "invalidContact": "it does not accept the email address",
        "badCSR": "it does not accept this kind of key",
        "tls": "it could not connect to the host by TLS",
    }
)
LIMIT = "rateLimited"
NO_ACCOUNT = "accountDoesNotExist"


@dataclass(frozen=True)
class Refusal:
    """Why, whether the names or this host are the cause, and for how many seconds the authority asks one to wait."""

    reason: str
    ours: bool
    retry_after: float | None = None
    # Whether the authority does not know the account: the next order makes another.
    unknown_account: bool = False


def end_of(text: str) -> str:
    """The end of what certbot said, in lines of a bearable length."""
    return "\n".join(line[:MOST_LINE] for line in text[-MOST_TEXT:].split("\n"))


def refusal(printed: str, log: str, now: float) -> Refusal:
    """What certbot met, of what it printed and its log of this run."""
    printed, log = end_of(printed), end_of(log)
    challenges = CHALLENGE.findall(printed)[:MOST_CHALLENGES]
    if challenges:
        sentences = [f"{one_line(name[:MOST_NAME])}: {_words(kind, detail)}" for name, kind, detail in challenges]
        return Refusal("; ".join(sentences), True)
    problems = PROBLEM.findall(log)
    if problems:
        kind, said = problems[-1]
        # The kind in words comes first.
        detail = said.rpartition(" :: ")[2]
        if kind == LIMIT:
            return Refusal(f"its rate limit is reached ({_detail(detail)})", False, _retry_after(log, now))
        return Refusal(_words(kind, detail), kind in OURS, _retry_after(log, now), kind == NO_ACCOUNT)
    unreachable = UNREACHABLE.findall(log)
    if unreachable:
        return Refusal(f"it could not be reached ({_detail(unreachable[-1])})", False)
    return Refusal("certbot failed", False)


def _words(kind: str, detail: str) -> str:
    known = OURS.get(kind)
    return f"{known} ({_detail(detail)})" if known else f"{one_line(kind[:40])} ({_detail(detail)})"


def _detail(text: str) -> str:
    plain = one_line(text.strip())
    return plain if len(plain) <= MOST_DETAIL else f"{plain[:MOST_DETAIL]}…"


def _retry_after(log: str, now: float) -> float | None:
    """Of the last response that refused something: seconds, or a date (RFC 9110 section 10.2.3)."""
    responses = RESPONSE.findall(log)
    found = RETRY_AFTER.search(responses[-1]) if responses else None
    if found is None:
        return None
    value = found[1].strip()
    try:
        return (
            float(int(value)) if SECONDS.fullmatch(value) else max(0.0, parsedate_to_datetime(value).timestamp() - now)
        )
    except (ValueError, OverflowError):
        return None
