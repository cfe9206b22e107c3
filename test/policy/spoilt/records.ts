import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, type Refused, refused, replaced } from "./spoil";

const REMOTE = textOf("records", "/etc/phiward/journal-remote.json");
const WATCH = textOf("records", "/etc/systemd/system/phiward-journal-watch.service");
const CHECK_TIMER = textOf("records", "/etc/systemd/system/phiward-journal-check.timer");
const SENDER = textOf("journal", "/etc/systemd/system/phiward-journal-upload.service");
const SENT_TO = textOf("journal", "/etc/phiward/journal-upload.json");
const RECEIVER = textOf("records", "/etc/systemd/system/phiward-journal-remote@.service");
const SOCKET = textOf("records", "/etc/systemd/system/phiward-journal-remote.socket");
const LIMITS = textOf("records", "/etc/systemd/journal-remote.conf.d/zz-phiward.conf");
const LOOK = textOf("integrity", "/etc/systemd/system/phiward-integrity.service");
const LOOK_TIMER = textOf("integrity", "/etc/systemd/system/phiward-integrity.timer");
const SCAN = textOf("scans", "/etc/systemd/system/phiward-vulnerabilities.service");
const SCAN_TIMER = textOf("scans", "/etc/systemd/system/phiward-vulnerabilities.timer");
const LYNIS = textOf("scans", "/etc/systemd/system/phiward-lynis.service");
const LYNIS_TIMER = textOf("scans", "/etc/systemd/system/phiward-lynis.timer");

function sendersOf(...pairs: readonly (readonly [string, string])[]) {
  return becomes(pairs.map(([account, host]) => ({ account, host })));
}

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
  ...refused("journal-sent-as-written", "journal", [
    ["another program sends it", SENDER, replaced("journal send", "journal keep"), "found another ExecStart"],
    ["it ends with the first fault", SENDER, replaced("Restart=always", "Restart=no"), "found another Restart"],
    [
      "it gives up when the vault is away",
      SENDER,
      replaced("StartLimitIntervalSec=0", "StartLimitIntervalSec=10"),
      "StartLimitIntervalSec",
    ],
    ["it is not started with the host", SENDER, replaced("WantedBy=", "#WantedBy="), "found no WantedBy"],
    ["it goes to another machine", SENT_TO, replaced('"address": "', '"address": "1'), "found another one than the vault's"],
    ["it logs in as another account", SENT_TO, replaced('"user": "', '"user": "x'), "found another one than the vault's"],
    ["the vault is known by another file", SENT_TO, replaced("/etc/phiward/journal-vault-key", "/tmp/key"), "found another file"],
    ["a second key is believed", textOf("journal", "/etc/phiward/journal-vault-key"), added("vault ssh-ed25519 AAAA"), "more than one"],
  ]),
  ...refused("records-added-by-own-host", "records", [
    ["what receives is root", RECEIVER, replaced("User=systemd-journal-remote", "User=root"), "found another User"],
    ["it may change its account", RECEIVER, replaced("NoNewPrivileges=yes", "NoNewPrivileges=no"), "found another NoNewPrivileges"],
    ["it has a network", RECEIVER, replaced("PrivateNetwork=yes\n", ""), "found no PrivateNetwork"],
    ["it keeps rights of root", RECEIVER, replaced("CapabilityBoundingSet=", "CapabilityBoundingSet=CAP_CHOWN"), "CapabilityBoundingSet"],
    ["it writes elsewhere", RECEIVER, replaced("ReadWritePaths=", "ReadWritePaths=/etc "), "found another ReadWritePaths"],
    ["another program receives", RECEIVER, replaced("journal receive", "journal check"), "found another ExecStart"],
    ["it listens on a port", SOCKET, replaced("MaxConnections=", "ListenStream=19532\nMaxConnections="), "another place to listen"],
    ["old records make room for new ones", LIMITS, replaced("MaxUse=1E", "MaxUse=4G"), "no MaxUse, or one by which records are removed"],
    ["free room counts more", LIMITS, replaced("KeepFree=0", "KeepFree=15%"), "no KeepFree"],
    ["few files are kept", LIMITS, replaced("MaxFiles=1000000", "MaxFiles=10"), "no MaxFiles"],
    ["one account adds for two hosts", "settings.senders", sendersOf(["a", "web"], ["a", "lab"]), "found one account twice"],
    ["two accounts add to one host's", "settings.senders", sendersOf(["a", "web"], ["b", "web"]), "found one host twice"],
  ]),
  ...refused("integrity-looked-daily", "integrity", [
    ["it is looked at once a week", LOOK_TIMER, replaced("OnCalendar=*-*-*", "OnCalendar=Mon *-*-*"), "too rare"],
    ["what was missed is not made up for", LOOK_TIMER, replaced("Persistent=true", "Persistent=false"), "found another Persistent"],
    ["the timer is not started with the host", LOOK_TIMER, replaced("WantedBy=", "#WantedBy="), "found no WantedBy"],
    ["another program runs", LOOK, replaced("integrity daily", "integrity begin"), "found another ExecStart"],
    ["nobody hears of it", LOOK, replaced("OnFailure=", "#OnFailure="), "found no OnFailure"],
  ]),
  ...refused("vulnerabilities-looked-daily", "scans", [
    ["it is looked once a week", SCAN_TIMER, replaced("OnCalendar=*-*-*", "OnCalendar=Mon *-*-*"), "too rare"],
    ["another program looks", SCAN, replaced("scans look", "scans looked"), "found another ExecStart"],
    ["what reads images has a network", SCAN, replaced("IPAddressDeny=any\n", ""), "found no IPAddressDeny"],
    ["lynis judges once a month", LYNIS_TIMER, replaced("OnCalendar=Sun *-*-*", "OnCalendar=*-*-01"), "too rare"],
    ["lynis is not started with the host", LYNIS_TIMER, replaced("WantedBy=", "#WantedBy="), "found no WantedBy"],
    ["lynis has a network", LYNIS, replaced("IPAddressDeny=any", "IPAddressDeny="), "found another IPAddressDeny"],
  ]),
];

/** What they must let pass. */
export const RECORDS_ALLOWED: readonly Allowed[] = [
  ...allowed("records-kept-six-years", "records", [["they are kept for ten", "settings.retentionYears", becomes(10)]]),
  ...allowed("records-watched", "records", [["an hour is waited for", "settings.silentMinutes", becomes(60)]]),
  ...allowed("records-added-by-own-host", "records", [
    ["two hosts have an account each", "settings.senders", sendersOf(["a", "web"], ["b", "lab"])],
    ["more is never reached either", LIMITS, replaced("MaxUse=1E", "MaxUse=2E")],
    ["more connections are open", SOCKET, replaced("MaxConnections=128", "MaxConnections=256")],
  ]),
  ...allowed("journal-sent-as-written", "journal", [["it waits longer", SENDER, replaced("RestartSec=15s", "RestartSec=30s")]]),
  ...allowed("vulnerabilities-looked-daily", "scans", [
    ["lynis judges each day", LYNIS_TIMER, replaced("OnCalendar=Sun *-*-*", "OnCalendar=*-*-*")],
  ]),
  ...allowed("integrity-looked-daily", "integrity", [
    ["the look has another hour", LOOK_TIMER, replaced("OnCalendar=*-*-*", "OnCalendar=*-*-* 04:30 UTC\n#")],
  ]),
];
