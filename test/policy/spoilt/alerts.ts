import { textOf } from "../fixtures";
import { type Allowed, allowed, becomes, type Refused, refused, replaced } from "./spoil";

const RULES = textOf("monitor", "/etc/phiward/monitor/rules.yml");
const ROUTES = textOf("monitor", "/etc/phiward/monitor/alertmanager.yml");
const NOBODY = '"routes": [\n      {\n        "receiver": "nobody",\n        "matchers": ["severity=\\"low\\""]\n      },';
const ENDS = "phiward_certificate_expires_timestamp_seconds - time() < ";
const SEVERE = '"alert": "HOST_SILENT",\n            "severity": "critical"';

/** What the rules about alerts must refuse. */
export const ALERTS_REFUSED: readonly Refused[] = [
  ...refused("alert-limits-leave-time", "monitor", [
    ["a disk is almost full", "settings.thresholds.diskPercent", becomes(91), "found 91 percent, allowed: 90 percent at most"],
    ["there is almost no memory", "settings.thresholds.memoryPercent", becomes(96), "found 96 percent, allowed: 95 percent at most"],
    ["a certificate ends in days", "settings.thresholds.certificateDays", becomes(4), "found 4 days, allowed: 5 days at least"],
    ["the alert itself comes with a full disk", RULES, replaced(") > 80", ") > 94"), "found 94 percent"],
    ["the alert itself comes with full memory", RULES, replaced("MemTotal_bytes) > 90", "MemTotal_bytes) > 99"), "found 99 percent"],
    ["the alert itself comes with the last day", RULES, replaced(`${ENDS}604800`, `${ENDS}86400`), "found 1 days"],
    ["a file system more is left out", RULES, replaced("ramfs|tmpfs", "ext4|ramfs|tmpfs"), "found another condition"],
    ["one host is left out", RULES, replaced("node_memory_MemTotal_bytes)", "node_memory_MemTotal_bytes) * 0"), "another condition"],
    ["it has to last for a day", RULES, replaced('"for": "15m"', '"for": "1440m"'), "found another time before it is raised"],
    ["it lasts in other units", RULES, replaced('"for": "15m"', '"for": "9d"'), "allowed: minutes, 120 at most"],
    ["the alert is not there", RULES, replaced('"alert": "DISK_FILLS"', '"alert": "DISK_FILLING"'), "found no DISK_FILLS"],
  ]),
  ...refused("alerts-repeated-in-a-shift", "monitor", [
    ["it comes again after a shift", "settings.repeatHours", becomes(9), "found 9 hours, allowed: 8 hours at most"],
    ["its route sends it the next day", ROUTES, replaced('"4h"', '"24h"'), "found 86400 seconds"],
    ["its route sends it in other units", ROUTES, replaced('"4h"', '"1d"'), "found another time"],
    ["its route does not say when", ROUTES, replaced('"repeat_interval": "4h",', ""), "found nothing"],
    ["its group is waited for", ROUTES, replaced('"group_interval": "30s"', '"group_interval": "540m"'), "found 32400 seconds"],
    [
      "another route is slower",
      ROUTES,
      replaced(
        '"receiver": "escalation",\n        "matchers"',
        '"receiver": "escalation",\n        "repeat_interval": "9h",\n        "matchers"',
      ),
      "found 32400 seconds",
    ],
    [
      "a route below it is slower",
      ROUTES,
      replaced(
        '"receiver": "escalation",\n        "matchers"',
        '"receiver": "escalation",\n        "routes": [{ "repeat_interval": "9h" }],\n        "matchers"',
      ),
      "found 32400 seconds",
    ],
  ]),
  ...refused("updates-mended-in-time", "monitor", [
    ["a grave one waits", "settings.thresholds.vulnerabilities.graveDays", becomes(8), "found 8 days, allowed: 7 days at most"],
    ["others wait", "settings.thresholds.vulnerabilities.otherDays", becomes(31), "found 31 days, allowed: 30 days at most"],
    ["its alert waits longer", RULES, replaced('{severity=\\"high\\"} > 86400', '{severity=\\"high\\"} > 864000'), "found 10 days"],
    [
      "the others' alert waits longer",
      RULES,
      replaced('{severity!=\\"high\\"} > 604800', '{severity!=\\"high\\"} > 6048000'),
      "found 70 days",
    ],
    ["no severity is between the two", RULES, replaced('{severity!=\\"high\\"}', '{severity=\\"low\\"}'), "found another condition"],
    ["the alert is not there", RULES, replaced('"alert": "VULNERABILITY_GRAVE"', '"alert": "ANOTHER"'), "found no VULNERABILITY_GRAVE"],
  ]),
  ...refused("secrets-rotated", "monitor", [
    ["passwords stay", "settings.thresholds.rotation.passwordDays", becomes(107), "found 107 days, allowed: 106 days at most"],
    ["keys stay", "settings.thresholds.rotation.keyDays", becomes(3650), "found 3650 days, allowed: 380 days at most"],
    ["what was brought stays", "settings.thresholds.rotation.broughtDays", becomes(381), "found 381 days"],
    ["the alert comes after years", RULES, replaced("> 9158400", "> 91584000"), "found 1060 days"],
    ["one kind is left out", RULES, replaced('kind=\\"key\\"', 'kind=\\"none\\"'), "found another condition"],
    ["secrets are left out", RULES, replaced('secret!~\\"backup', 'secret!~\\".*|backup'), "found another condition"],
    ["the alert is not there", RULES, replaced('"alert": "SECRET_OVERDUE"', '"alert": "ANOTHER"'), "found no SECRET_OVERDUE"],
  ]),
  ...refused("alerts-complete", "monitor", [
    ["there is nobody", "settings.first.webhook", becomes(null), "found no recipient"],
    ["there is an empty one", "settings.first.webhook", becomes(""), "found no recipient"],
    [
      "one of the guides is missing",
      RULES,
      replaced('"alert": "BRUTE_FORCE_ATTACK",\n          "expr"', '"alert": "X",\n          "expr"'),
      "found no BRUTE_FORCE_ATTACK",
    ],
    [
      "nobody hears of a silent host",
      RULES,
      replaced('"alert": "HOST_SILENT",\n          "expr"', '"alert": "X",\n          "expr"'),
      "found no HOST_SILENT",
    ],
    ["it is less severe", RULES, replaced(SEVERE, SEVERE.replace("critical", "low")), "found another severity of HOST_SILENT"],
    ["it has no severity", RULES, replaced(SEVERE, '"alert": "HOST_SILENT"'), "found nothing"],
    ["it goes where the heartbeat goes", RULES, replaced(SEVERE, SEVERE.replace("HOST_SILENT", "HEARTBEAT")), "found another name"],
    ["it goes to the second contact alone", RULES, replaced(SEVERE, `"stage": "escalation",\n${SEVERE}`), "labels: found a key more"],
    [
      "it has no condition",
      RULES,
      replaced('"expr": "phiward_updates_pending{kind=\\"security\\"} > 0"', '"expr": ""'),
      "found no condition",
    ],
    [
      "its group is asked once in a while",
      RULES,
      replaced('"name": "alerts",', '"name": "alerts",\n"interval": "9h",'),
      "found a key more",
    ],
    ["some go to nobody", ROUTES, replaced('"routes": [', NOBODY), "found a way for other alerts"],
    [
      "the first receiver has no address",
      ROUTES,
      replaced('"receiver": "first"', '"receiver": "nobody"'),
      "found a receiver without an address",
    ],
    [
      "its address is empty",
      ROUTES,
      replaced('"url": "https://alerts.example.org/phiward"', '"url": ""'),
      "found a receiver without an address",
    ],
    ["the second contact has none", ROUTES, replaced('"name": "escalation"', '"name": "other"'), "found a receiver without an address"],
    ["nobody hears the heartbeat", ROUTES, replaced('"name": "heartbeat"', '"name": "other"'), "found a receiver without an address"],
    ["any alert keeps others back", ROUTES, replaced('alert=\\"HOST_ISOLATED\\"', 'severity=\\"low\\"'), "HOST_ISOLATED alone"],
    ["an isolation keeps an attack back", ROUTES, replaced("(?:BACKUP_LATE", "(?:BRUTE_FORCE_ATTACK"), "found another list"],
    ["an isolation keeps everything back", ROUTES, replaced("(?:BACKUP_LATE", "(?:.*|BACKUP_LATE"), "only follow from an isolation"],
    [
      "an isolation keeps other hosts' back",
      ROUTES,
      replaced('"equal": [\n        "instance"', '"equal": [\n        "job"'),
      "of the same host alone",
    ],
    ["it keeps back by one more way", ROUTES, replaced('"equal": [', '"target_match": {},\n"equal": ['), "found a key more"],
    ["it is quiet at night", ROUTES, replaced('"group_wait": "10s"', '"mute_time_intervals": ["night"]'), "found a key more"],
  ]),
];

/** What they must let pass. */
export const ALERTS_ALLOWED: readonly Allowed[] = [
  ...allowed("alert-limits-leave-time", "monitor", [
    ["a disk has a tenth left", "settings.thresholds.diskPercent", becomes(90)],
    ["memory has a twentieth left", "settings.thresholds.memoryPercent", becomes(95)],
    ["there are five days", "settings.thresholds.certificateDays", becomes(5)],
    ["it comes earlier", RULES, replaced(") > 80", ") > 70")],
    ["it lasts for an hour", RULES, replaced('"for": "15m"', '"for": "60m"')],
  ]),
  ...allowed("alerts-repeated-in-a-shift", "monitor", [
    ["it is a whole shift", "settings.repeatHours", becomes(8)],
    ["it is written in minutes", ROUTES, replaced('"4h"', '"480m"')],
    ["its group is waited for a minute", ROUTES, replaced('"group_interval": "30s"', '"group_interval": "1m"')],
  ]),
  ...allowed("updates-mended-in-time", "monitor", [
    ["a grave one waits for a week", "settings.thresholds.vulnerabilities.graveDays", becomes(7)],
    ["others wait for a month", "settings.thresholds.vulnerabilities.otherDays", becomes(30)],
    ["its alert waits for a week", RULES, replaced('{severity=\\"high\\"} > 86400', '{severity=\\"high\\"} > 604800')],
  ]),
  ...allowed("secrets-rotated", "monitor", [
    ["passwords are for a month", "settings.thresholds.rotation.passwordDays", becomes(31)],
    ["its alert comes earlier", RULES, replaced("> 9158400", "> 915840")],
  ]),
  ...allowed("alerts-complete", "monitor", [
    ["there is mail as well", "settings.first.mail", becomes("oncall@example.org")],
    ["there is no second contact", "settings.escalation.webhook", becomes(null)],
    [
      "it is more severe",
      RULES,
      replaced('"alert": "PATCHES_PENDING",\n            "severity": "low"', '"alert": "PATCHES_PENDING",\n            "severity": "high"'),
    ],
    ["its condition is another number", RULES, replaced(") > 80", ") > 70")],
    ["it is sent again sooner", ROUTES, replaced('"4h"', '"2h"')],
  ]),
];
