import type { ControlId } from "../../compliance/controls";
import { RESTORE_TEST_ID } from "../../config/containerIds";
import type { PersonConfig } from "../../config/schema";
import { anyOf, literal } from "../../plan/patterns";
import { DEPLOY_USER, KEYS_DIRECTORY } from "../../plan/places";
import { programCommand } from "../../plan/programs";
import type { Check } from "../../plan/types";
import { LEAVING_CHECKS } from "./leaving";
import { limitChecks } from "./limits";
import { PLAIN_PROGRAMS_CHECK } from "./raised";
import { isReader, readerRules } from "./readers";
import { recordedCheck } from "./recording";
import { authorizedKeys, BREAK_GLASS_USER, type PeopleSettings, POWERFUL_GROUPS, SSH_GROUP, SUDO_LOG, sshAccounts } from "./settings";

// Each of CONTAINER_IDS, and the number beside them.
const OF_CONTAINERS = `(?:[12][0-9]{4}|${String(RESTORE_TEST_ID)})`;

export function peopleChecks(settings: PeopleSettings): readonly Check[] {
  return [
    ...keyChecks(settings),
    ...groupChecks(settings),
    ...accountChecks(settings),
    ...PASSWORD_CHECKS,
    ...escrowChecks(settings),
    ...sudoChecks(settings),
    ...LEAVING_CHECKS,
    PLAIN_PROGRAMS_CHECK,
    ...limitChecks(DEPLOY_USER),
  ];
}

function adminsOf({ people }: PeopleSettings): readonly PersonConfig[] {
  return people.filter(({ sudo }) => sudo);
}

function keyChecks(settings: PeopleSettings): readonly Check[] {
  const keys = (account: string, expect: Check["expect"]): Check => ({
    id: `people-keys-of-${account}`,
    control: "SSH-22",
    argv: ["cat", `${KEYS_DIRECTORY}/${account}`],
    expect,
  });
  const keysOf = (account: string, lines: string): Check => keys(account, { kind: "set", lines: lines.trimEnd().split("\n") });
  return [
    {
      id: "people-key-files-exclusive",
      control: "SSH-22",
      argv: ["ls", "-A", KEYS_DIRECTORY],
      expect: { kind: "set", lines: sshAccounts(settings) },
    },
    ...settings.people.map((person) => keysOf(person.name, authorizedKeys([person]))),
    keysOf(DEPLOY_USER, authorizedKeys(adminsOf(settings), "deploy")),
    ...settings.machines.map(({ name, authorizedKey }) => keys(name, { kind: "equals", text: authorizedKey.trimEnd() })),
  ];
}

// Members of the docker group are root in effect; the catalogue has a separate control for that.
function controlOf(group: string): ControlId {
  return group === "docker" ? "DKD-08" : "SSH-30";
}

function groupChecks(settings: PeopleSettings): readonly Check[] {
  return [
    {
      id: "people-ssh-group-exclusive",
      control: "SSH-05",
      argv: ["getent", "group", SSH_GROUP],
      expect: { kind: "matches", pattern: `^${SSH_GROUP}:[^:]*:[0-9]+:${anyOrder(sshAccounts(settings))}$` },
    },
    ...Object.entries(POWERFUL_GROUPS).map(
      ([group, members]): Check => ({
        id: `people-${group}-members-declared`,
        control: controlOf(group),
        argv: ["getent", "group"],
        expect: { kind: "lacks", pattern: `^${group}:[^:]*:[0-9]+:.*(?<=[:,])(?!(?:${[...members, "$"].join("|")})(?:,|$))[^,]+` },
      }),
    ),
  ];
}

function accountChecks(settings: PeopleSettings): readonly Check[] {
  const accounts = [...sshAccounts(settings), BREAK_GLASS_USER];
  return [
    {
      id: "people-accounts-declared",
      control: "SSH-30",
      argv: ["getent", "passwd"],
      expect: {
        kind: "lacks",
        pattern: `^(?!${anyOf(accounts)}:)[^:]+:[^:]*:(?!65534:)[1-9][0-9]{3,}:.*(?<!nologin)(?<!/false)$`,
      },
    },
    ...accounts.map(
      (account): Check => ({
        id: `people-own-group-of-${account}`,
        control: "SSH-30",
        argv: ["id", "--group", "--name", account],
        expect: { kind: "equals", text: account },
      }),
    ),
    // Also numbers that no container of this host has yet: the next one may get it.
    {
      id: "people-no-account-has-a-number-of-containers",
      control: "CTR-01",
      argv: ["getent", "passwd"],
      expect: { kind: "lacks", pattern: `^[^:]+:[^:]*:(?:[0-9]+:)?${OF_CONTAINERS}:` },
      outOfReach: true,
    },
    {
      id: "people-no-group-has-a-number-of-containers",
      control: "CTR-01",
      argv: ["getent", "group"],
      expect: { kind: "lacks", pattern: `^[^:]+:[^:]*:${OF_CONTAINERS}:` },
      outOfReach: true,
    },
    {
      id: "people-one-uid-zero",
      control: "SSH-29",
      argv: ["getent", "passwd"],
      expect: { kind: "lacks", pattern: "^(?!root:)[^:]+:[^:]*:0:" },
    },
  ];
}

const PASSWORD_CHECKS: readonly Check[] = [
  {
    id: "people-no-passwords",
    control: "SSH-03",
    argv: ["passwd", "--status", "--all"],
    expect: { kind: "lacks", pattern: `^(?!${BREAK_GLASS_USER} )\\S+ (P|NP) ` },
  },
  {
    id: "people-break-glass-ready",
    control: "SSH-25",
    argv: ["passwd", "--status", BREAK_GLASS_USER],
    expect: { kind: "matches", pattern: `^${BREAK_GLASS_USER} P ` },
  },
];

function escrowChecks({ recovery }: PeopleSettings): readonly Check[] {
  const opens: Check = {
    id: "people-break-glass-opens",
    control: "SSH-25",
    argv: programCommand("break-glass", "/var/lib/phiward/escrow/breakglass-password.json", BREAK_GLASS_USER),
    expect: { kind: "equals", text: "escrowed" },
  };
  const escrowed: Check = {
    id: "people-break-glass-escrowed",
    control: "SSH-25",
    argv: ["head", "--lines=1", `/var/lib/phiward/escrow/breakglass-password.${recovery.epoch}.age`],
    expect: { kind: "equals", text: "-----BEGIN AGE ENCRYPTED FILE-----" },
  };
  return [escrowed, opens];
}

function sudoChecks(settings: PeopleSettings): readonly Check[] {
  const admins = adminsOf(settings).map(({ name }) => name);
  const isReading = settings.people.some((person) => !person.sudo && isReader(person));
  // Whoever is locked is denied all, whether the stack's file has them or not.
  const denied = '|[^,"]+,ALL,ALL,ALL,"",!ALL$';
  const readers = isReading ? `|${readerRules(settings.people, settings.sessions === "shells")}$` : "";
  return [
    {
      id: "people-sudo-declared",
      control: "SSH-27",
      argv: ["cvtsudoers", "--output-format=csv", "--suppress=defaults", "/etc/sudoers"],
      expect: {
        kind: "lacks",
        pattern: `^rule,(?!user,|${anyOf(["root", DEPLOY_USER, BREAK_GLASS_USER, ...admins])},${denied}${readers})`,
      },
    },
    // Of a deploy sudo logs the deploy, and the agent's own log the rest.
    loggedCheck(DEPLOY_USER, []),
    ...[...admins, BREAK_GLASS_USER].map((account) => loggedCheck(account, ["log_subcmds"])),
    ...(settings.sessions === "shells" ? [...admins, BREAK_GLASS_USER].map(recordedCheck) : []),
    { id: "people-sudo-valid", control: "SSH-27", argv: ["visudo", "--check", "--quiet"], expect: { kind: "exit", code: 0 } },
  ];
}

// Asked of sudo itself, which prints all defaults in effect for an account on one line: each of `flags` and our log file must be
// among them, and none may be switched off again or replaced, since the last one of a name counts.
function loggedCheck(account: string, flags: readonly "log_subcmds"[]): Check {
  const ours = `logfile=${literal(SUDO_LOG)}(?:,|$)`;
  const undone = `!(?:logfile|log_allowed${flags.map((flag) => `|${flag}`).join("")})(?:,|$)|logfile=(?!${literal(SUDO_LOG)}(?:,|$))`;
  return {
    id: `people-sudo-logged-of-${account}`,
    control: "SSH-27",
    argv: ["sudo", "--list", "--other-user", account],
    expect: {
      kind: "matches",
      pattern: `^(?!.*[ ,](?:${undone}))${[ours, ...flags.map((flag) => `${flag}(?:,|$)`)].map((wanted) => `(?=.*[ ,]${wanted})`).join("")}`,
    },
  };
}

// Members of a group come in the order in which they were added.
function anyOrder(names: readonly string[]): string {
  const name = anyOf(names);
  return `${names.map((one) => `(?=(?:.*,)?${literal(one)}(?:,|$))`).join("")}${name}(?:,${name})*`;
}
