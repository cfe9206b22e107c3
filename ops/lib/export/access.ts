/** Who has access to a stack: as it is declared, as its hosts have it, and what differs. */
import type { HostDuties } from "../../../components/config/duties";
import type { StackConfig } from "../../../components/config/schema";
import { accountsSettings } from "../../../components/containers/accounts/settings";
import type { DatabaseAccounts } from "../../../components/containers/databases/engine";
import { ENGINES } from "../../../components/containers/databases/engines";
import { stackModel } from "../../../components/containers/model";
import { DEPLOY_USER, KEYS_DIRECTORY } from "../../../components/plan/places";
import { BREAK_GLASS_USER, POWERFUL_GROUPS, peopleSettings, SSH_GROUP, sshAccounts } from "../../../components/system/people/settings";
import { fingerprint } from "../audit/acts";
import { quoted } from "../person";
import { oneLine } from "../terminal";

/** A public key by its fingerprint, as sshd(8) logs it. */
interface KeyLine {
  readonly type: string;
  readonly fingerprint: string;
}

/** What the configuration declares. */
export interface DeclaredAccess {
  readonly people: readonly {
    readonly name: string;
    readonly role: "administrator: root through sudo, deploys" | "login alone";
    readonly expires?: string;
    readonly keys: readonly KeyLine[];
  }[];
  /** Accounts that may log in over SSH, by host; the one for emergencies logs in at the console alone. */
  readonly accounts: Readonly<Record<string, readonly string[]>>;
  readonly emergency: string;
  readonly databases: readonly {
    readonly database: string;
    readonly accounts: readonly { readonly service: string; readonly login: string }[];
  }[];
}

/** What a host has. */
export interface FoundAccess {
  readonly host: string;
  readonly accounts: readonly { readonly name: string; readonly number: string; readonly shell: string }[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly keys: readonly ({ readonly account: string } & KeyLine)[];
  /** Rules of sudo(8), as cvtsudoers(1) lists them. */
  readonly sudo: readonly string[];
  readonly databases: readonly { readonly database: string; readonly says: readonly string[] }[];
}

/** The access that a configuration declares. */
export function declaredAccess(config: StackConfig): DeclaredAccess {
  return {
    people: config.people.map(({ name, sudo, expires, keys }) => ({
      name,
      role: sudo ? "administrator: root through sudo, deploys" : "login alone",
      ...(expires === undefined ? {} : { expires }),
      keys: keys.flatMap(keyLines),
    })),
    accounts: Object.fromEntries(config.hosts.map(({ name }) => [name, sshAccounts(peopleSettings(config, name))])),
    emergency: BREAK_GLASS_USER,
    databases: databasesOf(config).map(({ database, accounts }) => ({
      database,
      accounts: accounts.map(({ service, login }) => ({ service, login })),
    })),
  };
}

/** Commands that show a host's access, by what each shows; run through a shell, as a person who has sudo. None shows a secret. */
export function accessCommands(config: StackConfig, { databases }: Pick<HostDuties, "databases">): ReadonlyMap<string, string> {
  const asked = databases ? databasesOf(config) : [];
  return new Map([
    ["accounts", "getent passwd"],
    ["groups", "getent group"],
    ["keys", `sudo -n grep --recursive --with-filename '' ${KEYS_DIRECTORY}`],
    ["sudo", "sudo -n cvtsudoers --output-format=csv --suppress=defaults /etc/sudoers"],
    ...asked.map((one) => [`database ${one.database}`, `sudo -n ${databaseCommand(one)}`] as const),
  ]);
}

/** What the answers to these commands say. */
export function foundAccess(host: string, answers: ReadonlyMap<string, string>): FoundAccess {
  const lines = (what: string): readonly string[] =>
    (answers.get(what) ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map(oneLine);
  const fields = (what: string): readonly (readonly string[])[] => lines(what).map((line) => line.split(":"));
  return {
    host,
    accounts: fields("accounts").flatMap(([name = "", , number = "", , , , shell = ""]) =>
      /\/(?:nologin|false|sync)$/.test(shell) ? [] : [{ name, number, shell }],
    ),
    groups: Object.fromEntries(
      fields("groups").flatMap(([name = "", , , members = ""]) =>
        WATCHED.includes(name) ? [[name, members.split(",").filter((member) => member !== "")]] : [],
      ),
    ),
    keys: lines("keys").flatMap((line) => {
      const [, account = "", key = ""] = /^\/[^:]*\/([^:/]+):(.*)$/.exec(line) ?? [];
      return keyLines(key).map((found) => ({ account, ...found }));
    }),
    sudo: lines("sudo").filter((line) => line.startsWith("rule,")),
    databases: [...answers.keys()]
      .filter((what) => what.startsWith("database "))
      .map((what) => ({ database: what.slice("database ".length), says: lines(what).filter((line) => ACCOUNT_LINE.test(line)) })),
  };
}

/** What a host has and nobody declared, a sentence each. */
export function undeclared(config: StackConfig, { host, accounts, keys, groups }: FoundAccess): readonly string[] {
  const declared = sshAccounts(peopleSettings(config, host));
  const known = new Map(
    config.people.flatMap((person) => person.keys.flatMap(keyLines).map(({ fingerprint }) => [fingerprint, person] as const)),
  );
  const machines = peopleSettings(config, host).machines.flatMap(({ name, authorizedKey }) =>
    keyLines(authorizedKey).map(({ fingerprint }) => `${name} ${fingerprint}`),
  );
  const isDeclared = ({ account, fingerprint }: FoundAccess["keys"][number]): boolean => {
    const owner = known.get(fingerprint);
    return (
      machines.includes(`${account} ${fingerprint}`) ||
      (owner !== undefined && (account === owner.name || (account === DEPLOY_USER && owner.sudo)))
    );
  };
  const members = (group: string): readonly string[] => (group === SSH_GROUP ? declared : (POWERFUL_GROUPS[group] ?? []));
  return [
    ...accounts
      .filter(({ name }) => !["root", BREAK_GLASS_USER, ...declared].includes(name))
      .map(({ name }) => `${host}: account ${name} has a shell and is not declared`),
    ...keys
      .filter((key) => !isDeclared(key))
      .map(({ account, fingerprint }) => `${host}: key ${fingerprint} of ${account} is not declared`),
    ...Object.entries(groups).flatMap(([group, found]) =>
      found
        .filter((name) => !members(group).includes(name))
        .map((name) => `${host}: ${name} is in the group ${group} and is not declared there`),
    ),
  ];
}

const WATCHED = [SSH_GROUP, ...Object.keys(POWERFUL_GROUPS)];
// Of what the servers answer: accounts alone.
const ACCOUNT_LINE = /^(?:(?:login|maintenance|powerful) [^=]*|[^ =]+)$/;

function databasesOf(config: StackConfig): readonly DatabaseAccounts[] {
  return accountsSettings(stackModel(config)).databases;
}

function databaseCommand(database: DatabaseAccounts): string {
  const about = { id: `accounts-of-${database.database}`, control: "SEC-06" } as const;
  return ENGINES[database.kind].accounts.currentOnly(database, about).argv.map(quoted).join(" ");
}

function keyLines(line: string): readonly KeyLine[] {
  const [, type, blob] = /(?:^| )((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+) (AAAA[A-Za-z0-9+/=]+)/.exec(line) ?? [];
  if (type === undefined || blob === undefined) return [];
  return [{ type, fingerprint: fingerprint(`${type} ${blob}`) }];
}
