import { textOf } from "../fixtures";
import { type Allowed, allowed, becomes, type Refused, refused, replaced } from "./spoil";

const REMOTE = textOf("records", "/etc/phiward/journal-remote.json");
const WATCH = textOf("records", "/etc/systemd/system/phiward-journal-watch.service");
const CHECK_TIMER = textOf("records", "/etc/systemd/system/phiward-journal-check.timer");

/** What the rules about records at a vault must refuse. */
export const RECORDS_REFUSED: readonly Refused[] = [
  ...refused("records-kept-six-years", "records", [
    ["they are removed after five", "settings.retentionYears", becomes(5), "settings.retentionYears: found 5, allowed: 6 at least"],
    ["the rendered years are five", REMOTE, replaced('"retentionYears": 6', '"retentionYears": 5'), "found 5, allowed: 6 at least"],
    ["they are looked at once a week", CHECK_TIMER, replaced("OnCalendar=*-*-*", "OnCalendar=Mon *-*-*"), "phiward-journal-check.timer"],
  ]),
  ...refused("records-watched", "records", [
    ["a host may be silent for a day", "settings.silentMinutes", becomes(1440), "found 1440 minutes, allowed: 60 at most"],
    ["the rendered seconds are more", REMOTE, replaced('"silentSeconds": 1800', '"silentSeconds": 9000'), "found 9000 seconds"],
    ["a silent host raises no alert", WATCH, replaced("OnFailure=", "#OnFailure="), "phiward-journal-watch.service"],
  ]),
];

/** What they must let pass. */
export const RECORDS_ALLOWED: readonly Allowed[] = [
  ...allowed("records-kept-six-years", "records", [["they are kept for ten", "settings.retentionYears", becomes(10)]]),
  ...allowed("records-watched", "records", [["an hour is waited for", "settings.silentMinutes", becomes(60)]]),
];
