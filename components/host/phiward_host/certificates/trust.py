"""What a check reports of certificates that others issue: whether clients can trust them, and will be able to."""

import time

from phiward_host.certificates import facts, ordering, orders
from phiward_host.certificates.authority import AcmeHome, Authority
from phiward_host.certificates.site import Site
from phiward_host.common import process

DAY = 86400
# Of a certificate that its owner brings: time to bring another one.
BRING_DAYS = 14
# Of an authority's: renewed when a third of its life is left, noticed when a quarter is.
NOTICED = 0.75


def untrusted(site: Site, acme: AcmeHome | None) -> str | None:
    """Why clients cannot trust what a site serves; None where they can, or where it is the host's own as declared."""
    declared = site.declared
    if not site.is_brought():
        return None
    current = site.current()
    if not site.has_brought() or current is None:
        return _missing(site, acme)
    authority = declared.authority
    if authority is not None and authority.directory == ordering.STAGING:
        return "it is from the staging directory, whose certificates no client trusts"
    found = facts.of_certificate(f"{current}/certificate.pem")
    lacking = [name for name in declared.names if found is None or not facts.covers(found, name)]
    if lacking:
        return f"it is not for {', '.join(lacking)} yet: {_reason(site, acme)}"
    if authority is not None and authority.ca is not None:
        return None  # Whose certificates it issues, its clients alone know.
    chain = f"{current}/certificate.pem"
    # An owner's own authority is in the chain itself.
    is_private = declared.provided is not None and declared.provided.private
    done = process.run(["openssl", "verify", "-CAfile" if is_private else "-untrusted", chain, chain])
    return None if done.code == 0 else "its chain does not lead to an authority that this host knows"


def late(site: Site, acme: AcmeHome | None) -> str | None:
    """Why a certificate should have been replaced by now; None where it is in time."""
    current = site.current()
    if not site.has_brought() or current is None:
        return None
    found = facts.of_certificate(f"{current}/certificate.pem")
    if found is None:
        return "it cannot be read"
    now = time.time()
    if site.declared.provided is not None:
        days = int((found.not_after - now) / DAY)
        return None if days >= BRING_DAYS else f"it expires in {days} days: bring another one"
    return f"it was not renewed: {_reason(site, acme)}" if ordering.overdue(found, now, NOTICED) else None


def _missing(site: Site, acme: AcmeHome | None) -> str:
    if site.declared.provided is not None:
        return "what was brought is not in use; the host's own certificate stands in"
    return f"self-signed until one is issued: {_reason(site, acme)}"


def _reason(site: Site, acme: AcmeHome | None) -> str:
    authority: Authority | None = site.declared.authority
    if acme is None or authority is None:
        return "it is brought by its owner"
    record = orders.look(acme.record)
    reason = record.of(site.name, ordering.asked(site.declared, authority)).reason
    if reason is None and record.awaiting_since is not None:
        return "this host takes another's place, and waits for the restore of its backup for a day"
    return reason or "none was ordered yet"
