import { textFile } from "../../plan/files";
import type { MachineAccount } from "../../plan/machineAccounts";
import { anyOf } from "../../plan/patterns";
import { DEPLOY_USER, KEYS_DIRECTORY } from "../../plan/places";
import { type ConcernPlan, EMPTY_PLAN, type ExclusiveSet, type Step } from "../../plan/types";
import { peopleChecks } from "./checks";
import { contactsFile } from "./incidentContacts";
import { JOB_FILES, JOB_SETS, LEAVING_STEPS, LEAVING_UNITS, RIGHTS_RECORD, rightsFile } from "./leaving";
import { LIMITS } from "./limits";
import { PLAIN_PROGRAM_STEPS } from "./raised";
import { readerLines } from "./readers";
import { NOT_RECORDED, RECORDING, SHELL_ALIAS, SHELL_RULE, SUDOERS_LINES } from "./recording";
import { refused } from "./refused";
import {
  authorizedKeys,
  BREAK_GLASS_USER,
  LOCKED_FILES,
  type PeopleSettings,
  POWERFUL_GROUPS,
  peopleAccounts,
  SSH_GROUP,
  SUDO_LOG,
  sshAccounts,
} from "./settings";

export function peoplePlan(settings: PeopleSettings): ConcernPlan {
  const admins = settings.people.filter((person) => person.sudo);
  const accounts = peopleAccounts(settings);
  const closed = refused(settings);
  const isRecorded = settings.sessions === "shells";
  const recorded = isRecorded ? RECORDING : NOT_RECORDED;
  const keyFiles = [
    ...settings.people.map((person) => textFile(`${KEYS_DIRECTORY}/${person.name}`, authorizedKeys([person]))),
    textFile(`${KEYS_DIRECTORY}/${DEPLOY_USER}`, authorizedKeys(admins, "deploy")),
    ...settings.machines.map(({ name, authorizedKey }) => textFile(`${KEYS_DIRECTORY}/${name}`, authorizedKey)),
  ];
  const sudoers = [
    textFile("/etc/sudoers", sudoersText(isRecorded), "0440"),
    textFile("/etc/sudoers.d/phiward", sudoRules(settings, isRecorded), "0440"),
  ];
  return {
    ...EMPTY_PLAN,
    packages: ["sudo", "age", "libpam-systemd"],
    directories: [
      { path: KEYS_DIRECTORY, owner: "root:root", mode: "0755", exclusive: { noun: "authorized keys", keep: [] } },
      { path: "/etc/sudoers.d", owner: "root:root", mode: "0755", exclusive: { noun: "sudo rules", keep: ["README", LOCKED_FILES.sudo] } },
      ...closed.directories,
      ...LIMITS.directories,
    ],
    files: [
      ...keyFiles,
      ...sudoers,
      rightsFile(settings),
      contactsFile(settings.incidents),
      ...JOB_FILES,
      ...recorded.files,
      ...LEAVING_UNITS,
      ...closed.files,
      ...LIMITS.files,
    ],
    writes: ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid", RIGHTS_RECORD],
    sets: [
      accountsSet(accounts),
      sudoersSet(),
      ...Object.entries(POWERFUL_GROUPS).map(([group, members]) => groupSet(group, members)),
      groupSet(SSH_GROUP, sshAccounts(settings)),
      ...JOB_SETS,
    ],
    made: [
      {
        id: "breakglass-password",
        epoch: settings.recovery.epoch,
        length: 32,
        recipient: settings.recovery.publicKey,
        use: { argv: ["chpasswd"], stdin: `${BREAK_GLASS_USER}:{}\n` },
        opens: { argv: ["getent", "shadow", BREAK_GLASS_USER], pattern: "^[^:]*:([^:]*):" },
      },
    ],
    validators: [{ id: "visudo", argv: ["visudo", "--check", "--quiet"], files: sudoers }],
    steps: [
      notSystemAccountsStep(settings.people.map(({ name }) => name)),
      groupStep(SSH_GROUP),
      groupStep("docker"),
      ...accounts.flatMap((name) => accountSteps(name, settings.people.find((person) => person.name === name)?.expires)),
      ...settings.machines.map(machineStep),
      ...sshAccounts(settings).map((name) => memberStep(name, SSH_GROUP)),
      memberStep(DEPLOY_USER, "docker"),
      ...sshAccounts(settings).map(noPasswordStep),
      {
        id: "lock-root-password",
        argv: ["passwd", "--quiet", "--lock", "root"],
        phase: "after",
        when: { kind: "state", unless: { argv: ["passwd", "--status", "root"], expect: { kind: "matches", pattern: "^root L " } } },
        undo: { kind: "none" },
      },
      ...PLAIN_PROGRAM_STEPS,
      ...closed.steps,
      ...LIMITS.steps,
      ...LEAVING_STEPS,
      ...recorded.steps,
    ],
    checks: [...peopleChecks(settings), ...closed.checks, ...recorded.checks],
  };
}

// The main file too, since rules can be added there; no %sudo line: membership in a group gives nothing. What people do under
// sudo is logged command by command; of a deploy the log has the deploy, and the agent's own log the rest.
function sudoersText(isRecorded: boolean): string {
  return `Defaults env_reset
Defaults use_pty
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
Defaults timestamp_timeout=5
Defaults passwd_timeout=1
Defaults logfile=${SUDO_LOG}
Defaults log_subcmds
Defaults env_keep += "TMOUT"
Defaults:${DEPLOY_USER} !log_subcmds
${isRecorded ? SUDOERS_LINES : ""}root ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
`;
}

// People have keys and no passwords, so there is nothing that sudo could ask for. The break-glass account has one.
function sudoRules({ people }: PeopleSettings, isRecorded: boolean): string {
  const recorded = isRecorded ? SHELL_RULE : "";
  const admins = people.filter(({ sudo }) => sudo).map(({ name }) => `${name} ALL=(ALL:ALL) NOPASSWD: ALL${recorded}`);
  const lines = [`${DEPLOY_USER} ALL=(ALL:ALL) NOPASSWD: ALL`, ...admins, `${BREAK_GLASS_USER} ALL=(ALL:ALL) ALL${recorded}`];
  return `${[...lines, ...readerLines(people, isRecorded)].join("\n")}\n`;
}

/**
 * Refuses a person whose name is an account of the system, such as a daemon's: it would get a shell and keys, and whoever is it would
 * be the person. Numbers below 1000 are the system's (adduser.conf(5)).
 */
export function notSystemAccountsStep(names: readonly string[]): Step {
  return {
    id: "people-not-system-accounts",
    argv: ["false"],
    phase: "before",
    when: {
      kind: "state",
      unless: { argv: ["getent", "passwd"], expect: { kind: "lacks", pattern: `^${anyOf(names)}:[^:]*:[0-9]{1,3}:` } },
    },
    undo: { kind: "none" },
    advice:
      "people: a name in the stack's file is an account of the system on this host (getent passwd NAME, uid below 1000); give the person another name",
  };
}

function groupStep(group: string): Step {
  return {
    id: `group-${group}`,
    argv: ["groupadd", "--force", "--system", group],
    phase: "before",
    when: { kind: "state", unless: { argv: ["getent", "group", group], expect: { kind: "exit", code: 0 } } },
    undo: { kind: "none" },
  };
}

// An account is made, or opened again after it was closed; its home stays either way.
function accountSteps(name: string, expires: string | undefined): readonly Step[] {
  const day = expires === undefined ? "" : String(Date.parse(expires) / 86_400_000 + 1);
  return [
    {
      id: `account-${name}`,
      argv: ["useradd", "--create-home", "--shell", "/bin/bash", "--user-group", name],
      phase: "before",
      when: { kind: "state", unless: { argv: ["getent", "passwd", name], expect: { kind: "exit", code: 0 } } },
      undo: { kind: "none" },
    },
    {
      id: `shell-of-${name}`,
      argv: ["usermod", "--shell", "/bin/bash", name],
      phase: "before",
      when: { kind: "state", unless: { argv: ["getent", "passwd", name], expect: { kind: "matches", pattern: ":/bin/bash$" } } },
      undo: { kind: "none" },
    },
    {
      // A primary group gives what a membership gives, and `getent group` does not show it.
      id: `own-group-of-${name}`,
      argv: ["usermod", "--gid", name, name],
      phase: "before",
      when: { kind: "state", unless: { argv: ["id", "--group", "--name", name], expect: { kind: "equals", text: name } } },
      undo: { kind: "none" },
    },
    {
      id: `open-${name}`,
      argv: ["usermod", "--expiredate", day, name],
      phase: "before",
      when: {
        kind: "state",
        unless: { argv: ["getent", "shadow", name], expect: { kind: "matches", pattern: `^${name}:.*:${day}:[^:]*$` } },
      },
      undo: { kind: "none" },
    },
  ];
}

// An account of the system and of nobody: its home is another unit's, and what it can run is said with its key.
function machineStep({ name, home }: MachineAccount): Step {
  return {
    id: `account-${name}`,
    argv: ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home, "--shell", "/bin/sh", name],
    phase: "before",
    when: { kind: "state", unless: { argv: ["getent", "passwd", name], expect: { kind: "matches", pattern: `:${home}:/bin/sh$` } } },
    undo: { kind: "none" },
  };
}

function memberStep(name: string, group: string): Step {
  return {
    id: `member-${name}-${group}`,
    argv: ["gpasswd", "--add", name, group],
    phase: "before",
    when: { kind: "state", unless: { argv: ["getent", "group", group], expect: { kind: "matches", pattern: `[:,]${name}(,|$)` } } },
    undo: { kind: "none" },
  };
}

// Accounts of people are those with a login shell and a uid from 1000 on. One that is not declared is closed; its home is
// kept, since what it holds may be the only copy, and so is its line in /etc/passwd, so that nobody else gets its uid.
function accountsSet(keep: readonly string[]): ExclusiveSet {
  return {
    id: "accounts",
    noun: "account",
    list: ["getent", "passwd"],
    pattern: "^([^:]+):[^:]*:(?!65534:)[1-9][0-9]{3,}:[0-9]+:[^:]*:[^:]*:(?!.*(?:nologin|false)$).+$",
    keep,
    remove: [["usermod", "--lock", "--expiredate", "1", "--shell", "/usr/sbin/nologin", "{}"]],
  };
}

// Rules in the main file go with it; they are named to who adopts a server.
function sudoersSet(): ExclusiveSet {
  return {
    id: "sudoers",
    noun: "sudo rule in /etc/sudoers",
    list: ["grep", "--extended-regexp", "^[^#@D[:space:]]", "/etc/sudoers"],
    pattern: "^(.*\\S)\\s*$",
    keep: ["root ALL=(ALL:ALL) ALL", "root\tALL=(ALL:ALL) ALL", "%sudo\tALL=(ALL:ALL) ALL", SHELL_ALIAS],
    remove: [],
  };
}

// People have keys and no passwords, also those who had one before.
function noPasswordStep(name: string): Step {
  return {
    id: `no-password-of-${name}`,
    argv: ["usermod", "--password", "*", name],
    phase: "after",
    when: { kind: "state", unless: { argv: ["passwd", "--status", name], expect: { kind: "matches", pattern: `^${name} L ` } } },
    undo: { kind: "none" },
  };
}

function groupSet(group: string, keep: readonly string[]): ExclusiveSet {
  return {
    id: `members-${group}`,
    noun: `member of ${group}`,
    list: ["getent", "group", group],
    pattern: "(?:^[^:]+:[^:]*:[0-9]+:|,)([^,\\s]+)",
    keep,
    remove: [["gpasswd", "--delete", "{}", group]],
  };
}
