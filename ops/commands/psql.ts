/** `phiward psql`: a session in a database of the stack, as the person on call. */
import { userInfo } from "node:os";
import { lastingServiceName } from "../../components/config/names";
import type { StackConfig } from "../../components/config/schema";
import { maintenanceLogin } from "../../components/containers/databases/postgresFiles";
import { containersModel } from "../../components/containers/model";
import { programCommand } from "../../components/plan/programs";
import { hostOf, resolvedStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { applicationHost } from "../lib/hosts";
import { asPerson, journalled, personOf, quoted } from "../lib/person";
import { warn } from "../lib/terminal";

/** Options of `phiward psql`. */
export interface PsqlOptions extends StackOptions {
  readonly host?: string;
  readonly as?: string;
  /** Why; it is recorded on the host. */
  readonly why: string;
  /** As the database's owner, also where the person may read it by a role of their own. */
  readonly owner?: boolean;
}

/** The container that a database is in. Throws OperatorError if the stack has no PostgreSQL database of that name. */
export function containerOf(config: StackConfig, database: string): string {
  const all = containersModel(config).databaseSettings.filter(({ kind }) => kind === "postgres");
  const found = all.find(({ databases }) => databases.includes(database));
  if (found !== undefined) return found.container;
  const allowed = all.flatMap(({ databases }) => databases).join(", ");
  throw new OperatorError(
    `DATABASE: found ${database}, allowed: ${allowed === "" ? "none, since the stack has no PostgreSQL" : allowed}`,
    3,
  );
}

/**
 * The command on the host, of an administrator who is not given the database under people: psql comes over the socket, by the database's maintenance login, which is
 * no superuser, and takes the role of the database's owner before the first statement: code in the database, which can undo that, gets
 * no more than the owner has. It keeps no history: statements hold patients' data. What it shows is recorded like a root shell, encrypted:
 * so statements that come from a file are shown too, as those are that are typed.
 */
export function psqlOnHost(container: string, database: string, terminal: boolean): string {
  const environment = [`PGOPTIONS=-c role=${database}`, "PSQL_HISTORY=/dev/null"].map((setting) => `--env ${quoted(setting)}`).join(" ");
  const exec = `sudo -n docker exec --interactive${terminal ? " --tty" : ""} ${environment} ${container}`;
  const echo = terminal ? "" : " --echo-queries";
  return `${exec} psql --no-psqlrc${echo} --host=/run/postgresql --username=${maintenanceLogin(database)} --dbname=${database}`;
}

/**
 * The command on the host, of a person who may read the database: the one program that sudo lets them start, which records who, what and
 * why, and opens the session by a role of the person's own.
 */
export function readerOnHost(database: string, why: string): string {
  return `sudo -n ${programCommand("psql").join(" ")} ${database} ${quoted(why)}`;
}

/** Whether the stack gives a person the database, by any name of its service. */
function mayRead({ people, ...config }: StackConfig, person: string, lasting: string): boolean {
  const given = Object.keys(people.find(({ name }) => name === person)?.databases ?? {});
  return given.some((name) => lastingServiceName(config, name) === lasting);
}

/** `phiward psql DATABASE`. Who, what and why are in the host's journal; the command of an administrator in /var/log/sudo.log. */
export function psqlCommand(database: string, options: PsqlOptions): Promise<number> {
  const stack = resolvedStack(options);
  // The database of a service that was renamed goes by the first name.
  const lasting = lastingServiceName(stack.config, database);
  const container = containerOf(stack.config, lasting);
  const host = options.host === undefined ? applicationHost(stack.config, stack.hosts) : hostOf(stack, options.host, ["application"]);
  const isReader = options.owner !== true && mayRead(stack.config, options.as ?? userInfo().username, lasting);
  const person = personOf(stack.config, options.as, isReader ? "login" : "sudo");
  if (options.why.trim() === "") throw new OperatorError("--why: found nothing, allowed: the reason; it is recorded on the host", 2);
  if (isReader) {
    if (!/^[ -~]{1,200}$/.test(options.why))
      throw new OperatorError("--why: found another text, allowed: up to 200 characters of printable ASCII; it is recorded on the host", 2);
    warn(`${host.name}: ${person} opens the database ${database} to read; who and why are recorded on the host, and what it shows`);
    return asPerson(host, person, `exec ${readerOnHost(lasting, options.why)}`, stack.context.patience);
  }
  warn(`${host.name}: ${person} opens the database ${database} as its owner, through sudo; who and why are recorded on the host`);
  const line = `database ${database} opened by ${person} on ${host.name}: ${options.why}`;
  const command = psqlOnHost(container, lasting, process.stdin.isTTY);
  return asPerson(host, person, `${journalled(line)} && exec ${command}`, stack.context.patience);
}
