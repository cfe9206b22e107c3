"""Orders what is due at the authorities: one try at a time, each on record, and first where a fault costs nothing."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from phiward_host.certificates import certbot, challenge, facts, orders, store
from phiward_host.certificates.authority import AcmeHome, Authority
from phiward_host.certificates.facts import CertificateFacts
from phiward_host.certificates.orders import Order, Record
from phiward_host.certificates.pair import KEY_TYPES, Declared
from phiward_host.certificates.refusals import Refusal
from phiward_host.common import files
from phiward_host.common.errors import Failed

# Who deploys waits for this long; what is not ordered by then is ordered soon after.
PATIENCE_SECONDS = 300
SOON_SECONDS = 60
# A restore is awaited for a day: then the sites matter more than an account that is left behind.
RESTORE_SECONDS = 86400
RESTORES = "/var/log/phiward/restores.log"
STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True)
class Outcome:
    """What went wrong, by sentence; whether anything was issued; and when something is to be tried again."""

    wrong: Sequence[str]
    issued: bool
    again: float | None


def asked(declared: Declared, authority: Authority) -> str:
    """Names what is asked for, so that a record of something else does not count."""
    what = [sorted(declared.names), declared.key, authority.directory, authority.challenge]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def kept(home: AcmeHome, site: str) -> CertificateFacts | None:
    """The facts of what an authority issued for a site; None for nothing. Raises Failed where openssl cannot tell."""
    return facts.of_certificate(path) if files.exists(path := store.path_of(home.certificates, site)) else None


def overdue(certificate: CertificateFacts, now: float, share: float = 1.0) -> bool:
    """Whether less than a third of its life is left, as certbot itself renews, or less than a share of that."""
    life = certificate.not_after - certificate.not_before
    return certificate.not_after - now < share * life / 3


def order_due(home: AcmeHome, sites: Sequence[Declared]) -> Outcome:
    """Orders for each site that has an authority and no good certificate of it. Raises OSError, Damaged."""
    started = time.time()
    record = orders.read(home.record, certbot.LOG).only([declared.site for declared in sites])
    waits = _awaits_restore(home, record, started)
    if waits is not None:
        orders.write(home.record, waits, certbot.LOG)
        return Outcome([], issued=False, again=started + 3600)
    wrong: list[str] = []
    issued = False
    again: list[float] = []
    for declared in sites:
        authority = declared.authority
        if authority is None or not _is_due(home, declared, record, started):
            continue
        order = record.of(declared.site, asked(declared, authority))
        if order.after > time.time() or time.time() > started + PATIENCE_SECONDS:
            again.append(max(order.after, time.time() + SOON_SECONDS))
            continue
        try:
            order, record = _order(home, declared, authority, order, record)
        except (Failed, OSError) as failure:
            # What one authority's answer does to a site keeps no other one from its certificate.
            order = order.failed(str(failure), time.time(), None)
        record = record.with_order(declared.site, order)
        orders.write(home.record, record, certbot.LOG)
        issued = issued or order.reason is None
        if order.reason is not None and order.failures > 0:
            wrong.append(f"{declared.site}: {order.reason}; tried again at {_clock(order.after)}")
            again.append(order.after)
    return Outcome(wrong, issued, min(again, default=None))


def _is_due(home: AcmeHome, declared: Declared, record: Record, now: float) -> bool:
    return bool(why_due(home, declared, record, now))


def why_due(home: AcmeHome, declared: Declared, record: Record, now: float) -> str | None:
    """Why another certificate is ordered; None where the kept one is good. Raises Failed."""
    authority = declared.authority
    found = kept(home, declared.site)
    if authority is None or found is None:
        return "none was issued yet"
    key = facts.of_key(store.path_of(home.certificates, declared.site))
    if key is None or key.public_key != found.public_key or KEY_TYPES[declared.key].printed not in key.text:
        return "its key is of another kind"
    if sorted(found.names) != sorted(declared.names):
        return "it is for other names"
    order = record.orders.get(declared.site)
    if order is not None and order.asked != asked(declared, authority):
        return "it is of another authority"
    return "it expires soon" if overdue(found, now) else None


def _awaits_restore(home: AcmeHome, record: Record, now: float) -> Record | None:
    """The record of a host that takes another's place, and is to come to that one's account by a restore first."""
    if not home.awaits_restore or certbot.has_account(home) or files.exists(RESTORES):
        return None
    since = record.awaiting_since if record.awaiting_since is not None else now
    return replace(record, awaiting_since=since) if now < since + RESTORE_SECONDS else None


def _order(
    home: AcmeHome, declared: Declared, authority: Authority, order: Order, record: Record
) -> tuple[Order, Record]:
    unanswered = challenge.unanswered(home.webroot, declared.names) if authority.challenge == "http-01" else []
    if unanswered:
        # The authority is not asked for what it cannot find: before a site's first deploy ends nginx does not know it.
        reason = f"nginx on this host does not answer its challenge for {', '.join(unanswered)}"
        return (order.failed(reason, time.time(), None) if order.issued else replace(order, reason=reason)), record
    if authority.rehearsal is not None and not order.rehearsed and (order.failures > 0 or not order.issued):
        tried = certbot.order(home, declared, authority, authority.rehearsal)
        # A fault of the other directory's own says nothing about this host.
        if isinstance(tried, Refusal) and tried.ours:
            return order.failed(f"at the rehearsal: {tried.reason}", time.time(), tried.retry_after), record
        order = replace(order, rehearsed=True)
    emails = dict(record.emails)
    if emails.get(authority.directory, authority.email) != authority.email:
        refused = certbot.change_email(home, authority)
        if refused is not None:
            return order.failed(f"the new email address: {refused.reason}", time.time(), None), record
    tried = certbot.order(home, declared, authority, authority.directory)
    if isinstance(tried, Refusal):
        return order.failed(tried.reason, time.time(), tried.retry_after), record
    store.keep(home.certificates, declared.site, tried)
    return order.succeeded(), replace(record, emails={**emails, authority.directory: authority.email})


def _clock(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(moment))
