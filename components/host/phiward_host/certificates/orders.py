"""The record of orders: what came of the last one of each site, and when the next one is due.

Authorities limit how often one may ask, and how often one may be refused: a host that restarts, or is restored from its
backup, goes on counting where it was.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from phiward_host.common import records
from phiward_host.common.decode import Fields, as_float, as_str, dict_of, optional
from phiward_host.common.log import RootLog

FIRST_SECONDS = 300
MOST_SECONDS = 12 * 3600
# Longer than the longest window that an authority is known to count in.
LONGEST_RETRY_AFTER = 8 * 86400


@dataclass(frozen=True)
class Order:
    """The last order of a site. `asked` names what was asked for: of another one, nothing of it counts."""

    asked: str
    failures: int = 0
    # Seconds since 1970 before which none is tried.
    after: float = 0.0
    # Why the last one failed; None where it did not.
    reason: str | None = None
    # Whether the rehearsal of this order went well.
    rehearsed: bool = False
    # Whether the same was issued before: a renewal is not rehearsed.
    issued: bool = False

    @staticmethod
    def from_json(value: object, path: str) -> "Order":
        fields = Fields.of(value, path)
        return Order(
            asked=fields.text("asked"),
            failures=fields.integer("failures"),
            after=fields.read("after", as_float),
            reason=fields.read("reason", optional(as_str)),
            rehearsed=fields.flag("rehearsed"),
            issued=fields.flag("issued"),
        )

    def failed(self, reason: str, now: float, retry_after: float | None) -> "Order":
        """The order after it was refused; each time it waits twice as long, and for as long as the authority says."""
        wait = min(FIRST_SECONDS * 2**self.failures, MOST_SECONDS)
        wait = max(wait, min(retry_after or 0, LONGEST_RETRY_AFTER))
        return replace(self, failures=self.failures + 1, after=now + wait, reason=reason, rehearsed=False)

    def succeeded(self) -> "Order":
        return Order(self.asked, issued=True)


@dataclass(frozen=True)
class Record:
    """Orders by site, the email address of each directory's account, and since when a restore is awaited."""

    orders: Mapping[str, Order]
    emails: Mapping[str, str]
    awaiting_since: float | None = None

    @staticmethod
    def from_json(value: object, path: str) -> "Record":
        fields = Fields.of(value, path)
        return Record(
            orders=fields.read("orders", dict_of(Order.from_json)),
            emails=fields.read("emails", dict_of(as_str)),
            awaiting_since=fields.read("awaitingSince", optional(as_float)),
        )

    def of(self, site: str, asked: str) -> Order:
        """The order of a site, begun again where something else is asked for now."""
        found = self.orders.get(site)
        return found if found is not None and found.asked == asked else Order(asked)

    def with_order(self, site: str, order: Order) -> "Record":
        return replace(self, orders={**self.orders, site: order})

    def only(self, sites: Sequence[str]) -> "Record":
        """Without the orders of sites that have no authority any more."""
        return replace(self, orders={site: order for site, order in self.orders.items() if site in sites})


EMPTY = Record({}, {})


def read(path: str, log: RootLog) -> Record:
    """The record; a damaged one is set aside, and a new one begins."""
    return records.read_or_begin(path, Record.from_json, EMPTY, log)


def look(path: str) -> Record:
    """The record, for who only looks. Raises Damaged."""
    return records.read(path, Record.from_json, EMPTY)


def write(path: str, record: Record, log: RootLog) -> None:
    """Replaces the record."""
    orders = {site: vars(order) for site, order in sorted(record.orders.items())}
    value = {"orders": orders, "emails": dict(record.emails), "awaitingSince": record.awaiting_since}
    records.write(path, json.dumps(value, indent=2) + "\n", log)
