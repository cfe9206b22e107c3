import { hostDuties } from "../../config/duties";
import { lastingServiceName } from "../../config/names";
import { type PersonConfig, type StackConfig } from "../../config/schema";
import { type MachineAccount, machineAccounts } from "../../plan/machineAccounts";
import { DEPLOY_USER } from "../../plan/places";
import { HOST_ARCHIVE, programCommand } from "../../plan/programs";

/** Who may log in to a host, and as what. */
export interface PeopleSettings {
  readonly people: readonly PersonConfig[];
  /** Machines that may log in, to do one thing each: hosts that bring their backups to this one. */
  readonly machines: readonly MachineAccount[];
  readonly recovery: StackConfig["recovery"];
  /** Which of their sessions as root are recorded. */
  readonly sessions: StackConfig["audit"]["sessions"];
  /** Whom to call in an incident, in which minutes, and the public half of the key that evidence is encrypted to. */
  readonly incidents: Pick<StackConfig["incidents"], "contacts" | "responses"> & { readonly key: string };
}

/** Everyone of the stack; of machine accounts, those that connect to the host `host`. */
export function peopleSettings(config: StackConfig, host?: string): PeopleSettings {
  const machines = machineAccounts(config, host);
  const people = config.people.map((person) => withDatabases(person, config, host));
  const { contacts, responses } = config.incidents;
  const incidents = { contacts, responses, key: config.audit.sessionsKey ?? config.recovery.publicKey };
  return { people, machines, recovery: config.recovery, sessions: config.audit.sessions, incidents };
}

// Where they are, and by the names that they keep.
function withDatabases({ databases, ...person }: PersonConfig, config: StackConfig, host: string | undefined): PersonConfig {
  if (databases === undefined || (host !== undefined && !hostDuties(config, host).databases)) return person;
  const lasting = Object.entries(databases).map(([name, right]) => [lastingServiceName(config, name), right] as const);
  return { ...person, databases: Object.fromEntries(lasting) };
}

/** Only members may log in over SSH. */
export const SSH_GROUP = "phiward-ssh";
/** The console-only account for emergencies (164.312(a)(2)(ii)). */
export const BREAK_GLASS_USER = "breakglass";
/** Names of the files by which the host itself refuses people who are locked (phiward_host/common/contained.py): a deploy leaves them. */
export const LOCKED_FILES = { ssh: "10-phiward-locked.conf", sudo: "phiward-zz-locked" } as const;
/** Where sudo logs what is done by it. */
export const SUDO_LOG = "/var/log/sudo.log";
/** Groups whose members are as good as root, and who of the declared accounts belongs to each. */
export const POWERFUL_GROUPS: Readonly<Record<string, readonly string[]>> = {
  sudo: [],
  docker: [DEPLOY_USER],
  disk: [],
  shadow: [],
  lxd: [],
};

/** Accounts that may log in over SSH. */
export function sshAccounts(settings: PeopleSettings): readonly string[] {
  return [...settings.people.map((person) => person.name), DEPLOY_USER, ...settings.machines.map((machine) => machine.name)];
}

/** Accounts that people use: their own, the one of deploys, and the one for emergencies. */
export function peopleAccounts(settings: PeopleSettings): readonly string[] {
  return [...settings.people.map((person) => person.name), DEPLOY_USER, BREAK_GLASS_USER];
}

/**
 * One line per key: the comment names the person, so that every login belongs to one; an expiry is part of the line (sshd(8)). At
 * the login of deploys the key opens no shell but the program that records who runs what (components/host/phiward_host/deploy).
 */
export function authorizedKeys(people: readonly PersonConfig[], how: "shell" | "deploy" = "shell"): string {
  return people
    .flatMap((person) => person.keys.map((key) => `${options(person, how)}${key.split(" ").slice(0, 2).join(" ")} ${person.name}\n`))
    .join("");
}

function options({ name, expires }: PersonConfig, how: "shell" | "deploy"): string {
  const all = [
    ...(expires === undefined ? [] : [`expiry-time="${expires.replaceAll("-", "")}2359Z"`]),
    ...(how === "shell" ? [] : ["restrict", `command="${deployCommand(name)}"`]),
  ];
  return all.length === 0 ? "" : `${all.join(",")} `;
}

// sshd(8) has the account's shell run it. Where root has lost the programs of the host, a deploy brings them back: then what it asks
// for runs as it is, and sudo alone records it.
function deployCommand(person: string): string {
  const whatIsAsked = 'exec /bin/sh -c \\"$SSH_ORIGINAL_COMMAND\\"';
  return `[ -f ${HOST_ARCHIVE} -a -s ${HOST_ARCHIVE} ] || ${whatIsAsked}; exec ${programCommand("deploy", person).join(" ")}`;
}
