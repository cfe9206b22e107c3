"""The daily run: what nobody has approved yet is counted, and what is approved ends, within its time."""

import time
from collections.abc import Callable

from phiward_host.common import journal
from phiward_host.common.errors import Failed
from phiward_host.common.faults import Faults
from phiward_host.retention import record
from phiward_host.retention.record import LOG, Known
from phiward_host.retention.rows import Rows, Stopped
from phiward_host.retention.settings import Declared, Rule
from phiward_host.subjects import register

DAY = 86_400.0
# A rule's part of a run; what is left then is ended by the next one.
RULE_SECONDS = 900.0
# Applications have the database for as long as a batch took, and this long at least.
LEAST_PAUSE_SECONDS = 0.2
# After which it is a fault that rows are due, or that nobody approved.
LATE_DAYS, UNAPPROVED_DAYS = 3, 14
# A rule is approved by what was counted lately.
COUNT_DAYS = 7


class Store:
    """What is known of the declared rules, saved with each change: a run that is killed repeats nothing."""

    def __init__(self, declared: Declared) -> None:
        found, now = record.load(), time.time()
        self._known = {rule.name: _kept(found.get(rule.name), rule, now) for rule in declared.rules}
        record.save(self._known)

    def of(self, rule: Rule) -> Known:
        """What is known of a rule."""
        return self._known[rule.name]

    def put(self, rule: Rule, known: Known) -> None:
        """Keeps it."""
        self._known[rule.name] = known
        record.save(self._known)


def _kept(known: Known | None, rule: Rule, now: float) -> Known:
    # Another table, column, age or end is another rule, which nobody has approved.
    return known if known is not None and known.digest == rule.digest else Known(rule.digest, now)


def run(declared: Declared, sleep: Callable[[float], None] = time.sleep) -> None:
    """Raises Failed, after the last rule, with what went wrong, is late, or waits for its approval too long."""
    store, faults = Store(declared), Faults(LOG)
    for rule in declared.rules:
        faults.attempt(lambda rule=rule: _unless_stopped(declared, rule, store, sleep))
    faults.sentences += [*late(declared, store), *register.late(register.load())]
    faults.raise_any()


def count(declared: Declared, store: Store, rule: Rule) -> None:
    """Counts a rule's rows and changes none."""
    counted = Rows(rule, declared.held(rule.table.database)).count()
    store.put(rule, store.of(rule).but(counted=time.time(), due=counted.due, held=counted.held))


def _unless_stopped(declared: Declared, rule: Rule, store: Store, sleep: Callable[[float], None]) -> None:
    try:
        _run(declared, rule, store, sleep)
    except Stopped as stopped:
        # As is wanted: nothing of it is late.
        store.put(rule, store.of(rule).but(finished=time.time()))
        _say(rule, str(stopped), 0)


def _run(declared: Declared, rule: Rule, store: Store, sleep: Callable[[float], None]) -> None:
    if store.of(rule).approved is None:
        count(declared, store, rule)
        known = store.of(rule)
        _say(
            rule, f"{known.due} rows would be {rule.does}, {known.held} are held; nobody has approved it yet", known.due
        )
        return
    rows = Rows(rule, declared.held(rule.table.database))
    began, ended = time.monotonic(), 0
    try:
        while time.monotonic() - began < RULE_SECONDS:
            before = time.monotonic()
            batch = rows.end_batch()
            ended += batch
            if batch < rule.batch:
                break
            sleep(max(LEAST_PAUSE_SECONDS, time.monotonic() - before))
    finally:
        store.put(rule, store.of(rule).but(last=time.time(), rows=ended))
        _say(rule, f"{ended} rows {rule.does}", ended)
    if not rows.is_any_left():
        store.put(rule, store.of(rule).but(finished=time.time()))


def _say(rule: Rule, words: str, count: int) -> None:
    what = f"retention rule {rule.name}"
    journal.record("operation", f"{what}, {rule.table}: {words}", what=what, outcome="success", rows=str(count))


def late(declared: Declared, store: Store) -> list[str]:
    """Sentences on rules whose rows are due for too long, and on those that wait for a person."""
    now, found = time.time(), list[str]()
    for rule in declared.rules:
        known = store.of(rule)
        if known.approved is None:
            if now > known.since + UNAPPROVED_DAYS * DAY:
                found.append(f"rule {rule.name} waits for its approval: npx phiward retention shows what it would end")
        elif now > (known.finished or known.approved) + LATE_DAYS * DAY:
            found.append(f"rule {rule.name} has rows that were due more than {LATE_DAYS} days ago")
    return found


def approve(declared: Declared, name: str, by: str) -> None:
    """Lets a rule end rows from the next run on. Raises Failed where nobody counted them lately."""
    rule = next((rule for rule in declared.rules if rule.name == name), None)
    if rule is None:
        names = ", ".join(rule.name for rule in declared.rules) or "none, since no rule is declared"
        raise Failed(f"NAME: found no such rule on this host, allowed: {names}")
    store = Store(declared)
    known = store.of(rule)
    if known.counted is None or time.time() > known.counted + COUNT_DAYS * DAY:
        raise Failed(
            f"rule {name}: its rows were not counted in the last {COUNT_DAYS} days; npx phiward retention does"
        )
    store.put(rule, known.but(approved=time.time(), approved_by=by))
    what = f"retention rule {name}"
    words = f"{what}, {rule.table}, approved by {by}: {known.due} rows are to be {rule.does}"
    journal.record("operation", words, who=by, what=f"approved the {what}", outcome="success")
