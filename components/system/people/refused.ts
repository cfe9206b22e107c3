/**
 * What people's accounts are refused so that they cannot fill the records: what fills the journal makes journald drop the oldest
 * entries, whoever wrote them. People write nothing into it themselves; programs that run as root record what they do: the SSH server,
 * PAM, sudo. Who has no sudo cannot start it either, since it would log its refusals, in lines of any length.
 */
import { type PlanDirectory, textFile } from "../../plan/files";
import { DEPLOY_USER } from "../../plan/places";
import type { Check, ConcernPlan, Probe } from "../../plan/types";
import { BREAK_GLASS_USER, type PeopleSettings, peopleAccounts } from "./settings";

const SOCKETS = "/run/systemd/journal";
const SUDO = "/usr/bin/sudo";

/** The file in which tmpfiles.d(5) has it, for each boot; the timer of people applies it too, since an upgrade replaces a program. */
export const REFUSED_PATHS = "/etc/tmpfiles.d/90-phiward-people.conf";

const MANAGER_DIRECTORY: PlanDirectory = { path: "/etc/systemd/system/user@.service.d", owner: "root:root", mode: "0755" };
// systemd itself opens the journal for the manager of a person's units, which would hand it on to them.
const MANAGER = textFile(`${MANAGER_DIRECTORY.path}/90-phiward.conf`, "[Service]\nStandardOutput=null\nStandardError=null\n");

/** The part of the people's plan that refuses it. */
export function refused(settings: PeopleSettings): Pick<ConcernPlan, "directories" | "files" | "steps" | "checks"> {
  // The login of deploys runs the program that records, and nothing else without sudo.
  const accounts = peopleAccounts(settings).filter((name) => name !== DEPLOY_USER);
  const withoutSudo = settings.people.filter(({ sudo }) => !sudo).map(({ name }) => name);
  const file = textFile(
    REFUSED_PATHS,
    [...["socket", "stdout", "dev-log"].map((name) => line(`${SOCKETS}/${name}`, "rw-", accounts)), line(SUDO, "r-x", withoutSudo)].join(
      "",
    ),
  );
  const argv = ["systemd-tmpfiles", "--create", file.path];
  return {
    directories: [MANAGER_DIRECTORY],
    files: [file, MANAGER],
    steps: [
      { id: "refuse-paths", argv, phase: "after", when: { kind: "change", on: [file] }, undo: { kind: "again" } },
      // Sockets that were made anew have lost it for all accounts, and so has a program that was upgraded.
      { id: "refuse-journal", argv, phase: "after", when: { kind: "state", unless: noJournal(BREAK_GLASS_USER) }, undo: { kind: "none" } },
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
      ...withoutSudo.map((name): Check => ({ ...noSudo(name), id: `people-sudo-refused-to-${name}`, control: "LOG-11" })),
    ],
  };
}

// By user and not by group: systemd connects for a unit with its user id alone. The kernel reads the list only where its mask, which
// is the group bits of the mode, has any bit.
function line(path: string, others: string, accounts: readonly string[]): string {
  const entries = [`group::${others}`, `mask::${others}`, ...accounts.map((name) => `user:${name}:---`)];
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

function noSudo(account: string): Probe {
  return asked(account, SUDO, "-executable");
}
