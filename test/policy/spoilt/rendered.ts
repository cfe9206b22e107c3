import { textOf, type UnitName } from "../fixtures";
import { added, becomes, listed, type Refused, refused, replaced, type Spoil, withoutFile } from "./spoil";

const RULE = "rendered-as-declared";
const JOURNAL = textOf("baseline", "/etc/systemd/journald.conf.d/zz-phiward.conf");
const UPDATES = textOf("baseline", "/etc/apt/apt.conf.d/zz-phiward-updates");
const SHELL = textOf("baseline", "/etc/profile.d/zz-phiward.sh");

// What another program would show: the settings that it says it rendered from, and another plan.
const from = (wanted: string, instead: string): Spoil => replaced(`"${wanted}":`, `"${instead}":`);

function alongside(path: string): Spoil {
  return listed((files) => [...files, { path, owner: "root:root", mode: "0644", sha256: "0", text: "" }]);
}

const UNITS: readonly UnitName[] = [
  "baseline",
  "people",
  "storage",
  "ssh",
  "ufw",
  "fail2ban",
  "audit",
  "docker",
  "secrets",
  "certificates",
];
const ALL_UNITS: readonly UnitName[] = [...UNITS, "accounts", "nginx", "backup", "retire", "vault", "volume", "host-key"];

/** What is refused because it is not what the settings give, whatever it is. */
export const RENDERED_REFUSED: readonly Refused[] = [
  ...refused(RULE, "baseline", [
    [
      "a line is changed that no other rule reads",
      JOURNAL,
      replaced("Storage=", "#Storage="),
      "(/etc/systemd/journald.conf.d/zz-phiward.conf): found another file",
    ],
    [
      "a line is added",
      UPDATES,
      added('Unattended-Upgrade::Package-Blacklist { ".*"; };'),
      "(/etc/apt/apt.conf.d/zz-phiward-updates): found another file",
    ],
    ["a file is empty", SHELL, becomes(""), "(/etc/profile.d/zz-phiward.sh): found another file"],
    ["a file has another owner", SHELL.replace("text", "owner"), becomes("deploy:deploy"), "found another file"],
    ["a file can be written by others", SHELL.replace("text", "mode"), becomes("0666"), "found another file"],
    ["a file is a secret in place of a text", SHELL.replace("text", "secret"), becomes("shell"), "found another file"],
    ["a program has another hash", "files.0.sha256", becomes("0".repeat(64)), "(/usr/local/lib/phiward/phiward.pyz): found another file"],
    ["a file is not there", "files", withoutFile("/etc/issue.net"), "files: found no /etc/issue.net, allowed: what the settings give"],
    ["a file is there that is none of it", "files", alongside("/etc/cron.d/more"), "found a file that the settings do not give"],
    ["a file is there twice", "files", listed((files) => [...files, files.at(-1)]), "/etc/profile.d/zz-phiward.sh a second time"],
  ]),
  ...refused(RULE, "backup", [
    [
      "a timer has a drop-in",
      "files",
      alongside("/etc/systemd/system/phiward-backup.timer.d/x.conf"),
      "a file that the settings do not give",
    ],
  ]),
  ...ALL_UNITS.flatMap((unit) =>
    refused(RULE, unit, [
      [`${unit} has other steps`, "rendered.sha256", becomes("0".repeat(64)), "rendered.sha256: found other steps, checks or directories"],
      [`${unit} shows settings of its own`, "settings.more", becomes(true), "settings: found other settings than those"],
      [`${unit} is rendered from nothing`, "rendered.from", becomes("{}"), "settings: found"],
      [`${unit} calls itself by another name`, "rendered.unit", becomes("other"), "settings: found settings from which no plan follows"],
    ]),
  ),
  ...refused(RULE, "ssh", [
    ["it is rendered from something else than a map", "rendered.from", becomes("7"), "settings: found"],
    ["a setting is called by another name", "rendered.from", from("maxAuthTries", "maxTries"), "settings: found other settings"],
    ["it is another unit's plan", "rendered.unit", becomes("ufw"), "settings: found settings from which no plan follows"],
    ["the switch is set to another time", "deadManSeconds", (good) => Number(good) + 1, "rendered.sha256: found other steps"],
  ]),
];
