/** `phiward drift`: what nobody declared on the hosts, with the command that removes, repairs or accepts each. */
import { hostOf, type ReportOptions, report, resolvedStack } from "../lib/command";
import { askDrift, driftText } from "../lib/drift";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";

/** Options of `phiward drift`. */
export interface DriftOptions extends ReportOptions {
  /** One host; all of the stack without it. */
  readonly host?: string;
  readonly as?: string;
}

/** `phiward drift`: 1 where anything was found. */
export async function driftCommand(options: DriftOptions): Promise<number> {
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const asked = options.host === undefined ? stack.hosts : [hostOf(stack, options.host, ["application", "vault"])];
  const hosts = await withProgress("looking for what nobody declared", () =>
    Promise.all(asked.map((host) => askDrift(host, person, stack.context.patience))),
  );
  report(options.json, { hosts }, driftText(options.stack, hosts));
  return hosts.every(({ found }) => found.length === 0) ? 0 : 1;
}
