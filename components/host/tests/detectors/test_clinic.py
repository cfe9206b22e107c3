"""False alarms are faults: days of a clinic raise none, and each habit that goes too far raises its own."""

import json
import unittest
from collections import Counter, deque
from collections.abc import Mapping

from tests.detectors import clinic
from tests.detectors.clinic import DAYS, GOLDEN, MONDAY, Clinic

# What alerts are for when there are more of it within an hour (components/monitoring/alerts/events.ts), and what none
# is for.
AN_HOUR = {"login-failed": 10, "access-denied": 5, "login-impossible": 2000}
NO_ALERTS = {"login-mistyped", "ban", "sudo-denied"}


def most_in_an_hour(counted: list[tuple[int, Mapping[str, int]]]) -> Counter[str]:
    """Of each event, without logins that were mistyped."""
    most, within = Counter[str](), deque([(0, Counter[str]())])
    for minute, now in counted:
        count = Counter(now)
        count["login-failed"] -= count.pop("login-mistyped", 0)
        within.append((minute, count))
        # What there was an hour ago is what the newest of before says.
        while within[1][0] <= minute - 60:
            within.popleft()
        most |= count - within[0][1]
    return most


class ClinicDays(unittest.TestCase):
    def test_raise_no_alert_while_the_detectors_learn_and_after_it(self) -> None:
        counted = list(clinic.counts(Clinic(), range(DAYS)))
        for event, most in most_in_an_hour(counted).items():
            self.assertLessEqual(most, AN_HOUR.get(event, most if event in NO_ALERTS else 0), event)
        # The rules of alerts are tested with the same days (test/integration/quietDays.ts).
        self.assertEqual(clinic.changes(counted), json.loads(GOLDEN.read_text()))

    def test_of_one_habit_more_are_what_its_alert_is_for(self) -> None:
        for habit, event in (
            (Clinic(wrong=5), "brute-force"),
            (Clinic(denied=6), "access-denied"),
            (Clinic(probes=50), "web-scan"),
            (Clinic(ports=10), "port-scan"),
            (Clinic(calls=7), "access-denied"),
        ):
            counted = list(clinic.counts(habit, range(MONDAY, MONDAY + 1)))
            self.assertGreater(most_in_an_hour(counted)[event], AN_HOUR.get(event, 0), event)
