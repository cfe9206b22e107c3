/** `phiward phi protect`: takes a plain column over into an encrypted one while the application runs, and drops it by a command of its own. */
import { lastingName } from "../../components/config/names";
import { phiDatabases } from "../../components/containers/secrets/phiMaster";
import { programCommand } from "../../components/plan/programs";
import { hostOf, resolvedStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { applicationHost } from "../lib/hosts";
import { personOf, printedAsPerson } from "../lib/person";

/** Options of `phiward phi protect`. */
export interface PhiProtectOptions extends StackOptions {
  readonly host?: string;
  readonly as?: string;
  /** Drops the plain column. */
  readonly finish?: boolean;
  /** Drops the encrypted one. */
  readonly undo?: boolean;
}

const TABLE = /^([A-Za-z_][A-Za-z0-9_$]{0,52}\.)?[A-Za-z_][A-Za-z0-9_$]{0,52}$/;
const COLUMN = /^[A-Za-z_][A-Za-z0-9_$]{0,52}$/;

/** `phiward phi protect DATABASE TABLE COLUMN`: 1 where the host says no; given again it goes on where it was. */
export async function phiProtectCommand(database: string, table: string, column: string, options: PhiProtectOptions): Promise<number> {
  const stack = resolvedStack(options);
  const { config } = stack;
  if (options.finish === true && options.undo === true) throw new OperatorError("--undo: found --finish as well, allowed: one of them", 2);
  const service = config.services.find(({ name }) => name === database);
  const names = phiDatabases(config).map((entry) => entry.database);
  if (service === undefined || !names.includes(lastingName(service)))
    throw new OperatorError(`DATABASE: found another name, allowed: ${names.join(", ") || "none: phi.databases names them"}`, 2);
  if (!TABLE.test(table))
    throw new OperatorError("TABLE: found another text, allowed: TABLE or SCHEMA.TABLE, 53 characters each at most", 2);
  if (!COLUMN.test(column)) throw new OperatorError("COLUMN: found another text, allowed: a column's name, 53 characters at most", 2);
  const host = options.host === undefined ? applicationHost(config, stack.hosts) : hostOf(stack, options.host, ["application"]);
  const work = options.finish === true ? "finish" : options.undo === true ? "undo" : "on";
  const command = `exec sudo -n ${programCommand("phi", "protect", work, lastingName(service), table, column).join(" ")}`;
  return printedAsPerson(host, personOf(config, options.as, "sudo"), command.replaceAll("$", "\\$"), stack.context.patience);
}
