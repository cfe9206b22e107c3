/**
 * What people's accounts are refused so that they cannot fill the records: what fills the journal makes journald drop the oldest
 * entries, whoever wrote them. People write nothing into it themselves; programs that run as root record what they do: the SSH server,
 * PAM, sudo. Who has no sudo cannot start it either, since it would log its refusals, in lines of any length; and reaches no daemon
 * that logs what it is sent or is started for each connection: the system's message bus, systemd's own sockets.
 */
import { type PlanDirectory, textFile } from "../../plan/files";
import { DEPLOY_USER } from "../../plan/places";
import { isEnabled, readUnits, serviceSteps } from "../../plan/systemd";
import type { Check, ConcernPlan, Probe } from "../../plan/types";
import { isReader } from "./readers";
import { BREAK_GLASS_USER, type PeopleSettings, peopleAccounts } from "./settings";

const SOCKETS = "/run/systemd/journal";
const SUDO = "/usr/bin/sudo";
// As tmpfiles.d(5) takes them. By `notify` services tell that they are ready; the manager of a person's units is none that waits for it.
const SYSTEM_SOCKETS = ["/run/dbus/system_bus_socket", "/run/systemd/notify", "/run/systemd/io.systemd.*", "/run/systemd/*/io.systemd.*"];
// Debian's account that nothing runs as: a line is there also where nobody else is refused, and takes back what an earlier one refused.
const NOBODY = "nobody";

/** The file in which tmpfiles.d(5) has it, for each boot; the timer of people applies it too, since an upgrade replaces a program. */
export const REFUSED_PATHS = "/etc/tmpfiles.d/90-phiward-people.conf";

const MANAGER_DIRECTORY: PlanDirectory = { path: "/etc/systemd/system/user@.service.d", owner: "root:root", mode: "0755" };
// systemd itself opens the journal for the manager of a person's units, which would hand it on to them. The manager is started when it
// runs: waiting for its word that it is ready would need the socket `notify`.
const MANAGER = textFile(`${MANAGER_DIRECTORY.path}/90-phiward.conf`, "[Service]\nType=exec\nStandardOutput=null\nStandardError=null\n");

// Sockets are made anew at each boot, most of them after tmpfiles.d(5) was applied. Nobody waits for it for long.
const AT_BOOT = "phiward-people-refused.service";
const BOOT_FILE = textFile(
  `/etc/systemd/system/${AT_BOOT}`,
  `[Unit]
Description=Refuse sockets of the system to people, before any of them may log in
Before=systemd-user-sessions.service

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=20
ExecStart=systemd-tmpfiles --create ${REFUSED_PATHS}

[Install]
WantedBy=multi-user.target
`,
);

/** The part of the people's plan that refuses it. */
export function refused(settings: PeopleSettings): Pick<ConcernPlan, "directories" | "files" | "steps" | "checks"> {
  // The login of deploys runs the program that records, and nothing else without sudo. Machines run what is said with their key.
  const machines = settings.machines.map(({ name }) => name);
  const accounts = [...peopleAccounts(settings).filter((name) => name !== DEPLOY_USER), ...machines];
  const ordinary = settings.people.filter(({ sudo }) => !sudo);
  // Who may read a database starts one program by it, and has nothing logged by sudo.
  const withoutSudo = ordinary.filter((person) => !isReader(person)).map(({ name }) => name);
  const strangers = [...ordinary.map(({ name }) => name), ...machines];
  const file = textFile(
    REFUSED_PATHS,
    [
      ...["socket", "stdout", "dev-log"].map((name) => line(`${SOCKETS}/${name}`, "rw-", accounts)),
      line(SUDO, "r-x", withoutSudo),
      // Their group is root's, and the kernel lets others in as the mode says.
      ...SYSTEM_SOCKETS.map((path) => line(path, "rw-", [NOBODY, ...strangers], "---")),
    ].join(""),
  );
  const argv = ["systemd-tmpfiles", "--create", file.path];
  return {
    directories: [MANAGER_DIRECTORY],
    files: [file, MANAGER, BOOT_FILE],
    steps: [
      { id: "refuse-paths", argv, phase: "after", when: { kind: "change", on: [file] }, undo: { kind: "again" } },
      // Sockets that were made anew have lost it for all accounts, and so has a program that was upgraded.
      { id: "refuse-journal", argv, phase: "after", when: { kind: "state", unless: noJournal(BREAK_GLASS_USER) }, undo: { kind: "none" } },
      ...strangers.map((name): ConcernPlan["steps"][number] => ({
        id: `refuse-sockets-to-${name}`,
        argv,
        phase: "after",
        when: { kind: "state", unless: noSocket(name) },
        undo: { kind: "none" },
      })),
      readUnits([MANAGER, BOOT_FILE], "read-user-manager"),
      ...serviceSteps(AT_BOOT),
      ...withoutSudo.map((name): ConcernPlan["steps"][number] => ({
        id: `refuse-sudo-to-${name}`,
        argv,
        phase: "after",
        when: { kind: "state", unless: noSudo(name) },
        undo: { kind: "none" },
      })),
    ],
    checks: [
      ...accounts.map((name): Check => ({ ...noJournal(name), id: `people-journal-refused-to-${name}`, control: "LOG-11" })),
      ...strangers.map((name): Check => ({ ...noSocket(name), id: `people-sockets-refused-to-${name}`, control: "LOG-11" })),
      isEnabled(AT_BOOT, { id: "people-sockets-refused-at-boot", control: "LOG-11" }),
      ...withoutSudo.map((name): Check => ({ ...noSudo(name), id: `people-sudo-refused-to-${name}`, control: "LOG-11" })),
    ],
  };
}

// By user and not by group: systemd connects for a unit with its user id alone. The kernel reads the list only where its mask, which
// is the group bits of the mode, has any bit.
function line(path: string, mask: string, accounts: readonly string[], group = mask): string {
  const entries = [`group::${group}`, `mask::${mask}`, ...accounts.map((name) => `user:${name}:---`)];
  return `a ${path} - - - - ${entries.join(",")}\n`;
}

// access(2), asked as the account itself.
function asked(account: string, ...find: readonly string[]): Probe {
  return {
    argv: ["setpriv", "--reuid", account, "--regid", account, "--init-groups", "find", ...find],
    expect: { kind: "equals", text: "" },
  };
}

function noJournal(account: string): Probe {
  return asked(account, SOCKETS, "-maxdepth", "1", "-type", "s", "-writable");
}

// All that are there, whatever made them: the daemons of the system listen in these directories.
function noSocket(account: string): Probe {
  return asked(
    account,
    ...["/run/dbus", "/run/systemd", "-type", "d", "!", "-readable", "-prune", "-o", "-type", "s", "-writable", "-print"],
  );
}

function noSudo(account: string): Probe {
  return asked(account, SUDO, "-executable");
}
