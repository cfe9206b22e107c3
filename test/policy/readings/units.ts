/** Units of systemd, as only an edited one is. */
import { calendarSeconds, demandEvery, demandTimer, demandUnit, TOLD } from "../../../policies/readers/systemd";
import { ofValue, type Reading, reading, withFile } from "./reading";

const SYSTEMD = "/etc/systemd/system/phiward-x";
const unit = (text: string) => withFile(`${SYSTEMD}.service`, text);
const timer = (text: string) => withFile(`${SYSTEMD}.timer`, text);
const WHOLE_TIMER = "[Timer]\nOnCalendar=daily\nPersistent=true\n[Install]\nWantedBy=timers.target\n";

/** Readers of units. */
export const OF_UNITS: readonly Reading[] = [
  reading("times of a timer", calendarSeconds, [
    ...[
      "*:30",
      "*:0:0",
      "*-*-* *:00",
      "*:00 UTC",
      "*:00:00 UTC",
      "hourly x",
      "x hourly",
      "x*:00",
      "*:00 x",
      "x *-*-* *:00:00",
      "*-*-* *:00:00 UTCx",
    ],
    ...["1:30", "01:30:00", "*-*-* 01:30", "01:30 UTC", "daily x", "x daily", "x01:30", "01:30 x", "2027-01-01 01:30", "01:30:00x", "1:3"],
    ...[
      "Mon 1:30",
      "Sun *-*-* 01:30",
      "Sun 01:30:00",
      "Sun 01:30 UTC",
      "weekly x",
      "x weekly",
      "xSun 01:30",
      "Sun 01:30 x",
      "Sun,Mon 01:30",
    ],
    ...["*:000", "*:00:000", "001:30", "Sun 001:30", "Sun 1:3", "Mo 01:30", "Sun *-*-01 01:30", "Sun 01:30:0"],
  ]),
  reading(
    "a unit that says when it failed",
    (text: string) =>
      ofValue(unit(text), (value, report) => {
        demandUnit(value, "phiward-x.service", [TOLD], report);
      }),
    [
      ...[
        "[Unit]\nOnFailure=phiward-alert@%n.service",
        "[Unit]\nOnFailure=other.service",
        "[Unit]\nOnFailure=x phiward-alert@a",
        "[Service]\nOnFailure=phiward-alert@a",
      ],
      "[Unit]\nOnFailure=phiward-alert@a\nOnFailure=",
    ],
  ),
  reading(
    "a timer",
    (text: string) =>
      ofValue(timer(text), (value, report) => {
        demandTimer(value, "phiward-x", report);
      }),
    [
      ...[WHOLE_TIMER, WHOLE_TIMER.replace("daily", ""), WHOLE_TIMER.replace("true", "yes"), WHOLE_TIMER.replace("true", "untrue")],
      ...[WHOLE_TIMER.replace("true", "trueish"), WHOLE_TIMER.replace("timers.target", "multi-user.target"), "[Unit]\n"],
    ],
  ),
  reading(
    "how often a timer starts",
    (text: string) =>
      ofValue(timer(text), (value, report) => {
        demandEvery(value, "phiward-x", 86_400, report);
      }),
    [
      ...[
        "[Timer]\nOnCalendar=daily",
        "[Timer]\nOnCalendar=weekly",
        "[Timer]\nOnCalendar=monthly",
        "[Service]\nOnCalendar=weekly",
        "[Timer]\nx=weekly",
      ],
    ],
  ),
];
