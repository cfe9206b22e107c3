import { DEPLOY_USER, KEYS_DIRECTORY } from "../../plan/places";
import type { Check } from "../../plan/types";
import { authorizedKeys, BREAK_GLASS_USER, type PeopleState, POWERFUL_GROUPS, SSH_GROUP, sshAccounts } from "./settings";

/** What a running host must answer about its people. */
export function peopleChecks(state: PeopleState): readonly Check[] {
  const admins = state.people.filter((person) => person.sudo);
  return [
    {
      id: "people-key-files-exclusive",
      control: "SSH-22",
      cites: ["164.312(a)(2)(i)", "164.308(a)(3)(ii)(C)"],
      argv: ["ls", "-A", KEYS_DIRECTORY],
      expect: { kind: "set", lines: sshAccounts(state) },
    },
    ...[...state.people.map((person) => ({ account: person.name, people: [person] })), { account: DEPLOY_USER, people: admins }].map(
      ({ account, people }): Check => ({
        id: `people-keys-of-${account}`,
        control: "SSH-22",
        cites: ["164.312(a)(2)(i)", "164.312(d)"],
        argv: ["cat", `${KEYS_DIRECTORY}/${account}`],
        expect: { kind: "set", lines: authorizedKeys(people).trimEnd().split("\n") },
      }),
    ),
    ...state.machines.map(
      ({ name, authorizedKey }): Check => ({
        id: `people-keys-of-${name}`,
        control: "SSH-22",
        cites: ["164.312(d)"],
        argv: ["cat", `${KEYS_DIRECTORY}/${name}`],
        expect: { kind: "equals", text: authorizedKey.trimEnd() },
      }),
    ),
    {
      id: "people-ssh-group-exclusive",
      control: "SSH-05",
      cites: ["164.312(a)(1)"],
      argv: ["getent", "group", SSH_GROUP],
      expect: { kind: "matches", pattern: `^${SSH_GROUP}:[^:]*:[0-9]+:${anyOrder(sshAccounts(state))}$` },
    },
    ...Object.entries(POWERFUL_GROUPS).map(
      ([group, members]): Check => ({
        id: `people-${group}-members-declared`,
        control: "SSH-30",
        cites: ["164.312(a)(1)"],
        argv: ["getent", "group"],
        expect: { kind: "lacks", pattern: `^${group}:[^:]*:[0-9]+:.*(?<=[:,])(?!(?:${[...members, "$"].join("|")})(?:,|$))[^,]+` },
      }),
    ),
    {
      id: "people-accounts-declared",
      control: "SSH-30",
      cites: ["164.312(a)(2)(i)"],
      argv: ["getent", "passwd"],
      expect: {
        kind: "lacks",
        pattern: `^(?!(?:${[...sshAccounts(state), BREAK_GLASS_USER].join("|")}):)[^:]+:[^:]*:(?!65534:)[1-9][0-9]{3,}:.*(?<!nologin)(?<!/false)$`,
      },
    },
    ...[...sshAccounts(state), BREAK_GLASS_USER].map(
      (account): Check => ({
        id: `people-own-group-of-${account}`,
        control: "SSH-30",
        cites: ["164.312(a)(1)"],
        argv: ["id", "--group", "--name", account],
        expect: { kind: "equals", text: account },
      }),
    ),
    {
      id: "people-one-uid-zero",
      control: "SSH-29",
      cites: ["164.312(a)(2)(i)"],
      argv: ["getent", "passwd"],
      expect: { kind: "lacks", pattern: "^(?!root:)[^:]+:[^:]*:0:" },
    },
    {
      id: "people-no-passwords",
      control: "SSH-03",
      cites: ["164.312(d)"],
      argv: ["passwd", "--status", "--all"],
      expect: { kind: "lacks", pattern: `^(?!${BREAK_GLASS_USER} )\\S+ (P|NP) ` },
    },
    {
      id: "people-break-glass-ready",
      control: "SSH-25",
      cites: ["164.312(a)(2)(ii)"],
      argv: ["passwd", "--status", BREAK_GLASS_USER],
      expect: { kind: "matches", pattern: `^${BREAK_GLASS_USER} P ` },
    },
    {
      id: "people-break-glass-escrowed",
      control: "SSH-25",
      cites: ["164.312(a)(2)(ii)"],
      argv: ["head", "--lines=1", `/var/lib/phiward/escrow/breakglass-password.${String(state.recovery.epoch)}.age`],
      expect: { kind: "equals", text: "-----BEGIN AGE ENCRYPTED FILE-----" },
    },
    {
      id: "people-sudo-declared",
      control: "SSH-27",
      cites: ["164.312(a)(1)"],
      argv: ["cvtsudoers", "--output-format=csv", "--suppress=defaults", "/etc/sudoers"],
      expect: {
        kind: "lacks",
        pattern: `^rule,(?!user,|(?:${["root", DEPLOY_USER, BREAK_GLASS_USER, ...admins.map((person) => person.name)].join("|")}),)`,
      },
    },
    {
      id: "people-sudo-logged",
      control: "SSH-27",
      cites: ["164.312(b)"],
      argv: ["sudo", "--list", "--other-user=deploy"],
      expect: { kind: "matches", pattern: "log_subcmds|logfile" },
    },
    {
      id: "people-sudo-valid",
      control: "SSH-27",
      cites: ["164.312(a)(1)"],
      argv: ["visudo", "--check", "--quiet"],
      expect: { kind: "exit", code: 0 },
    },
  ];
}

// Members of a group come in the order in which they were added.
function anyOrder(names: readonly string[]): string {
  return `${names.map((name) => `(?=(?:.*,)?${name}(?:,|$))`).join("")}(?:${names.join("|")})(?:,(?:${names.join("|")}))*`;
}
