/** `phiward report phi-access`: who decrypted whose data, when and why, as the databases have it on record. */
import { z } from "zod";
import { phiDatabases } from "../../components/containers/secrets/phiMaster";
import { programCommand } from "../../components/plan/programs";
import { type ReportOptions, report, resolvedStack } from "../lib/command";
import { OperatorError } from "../lib/errors";
import type { HostAddress } from "../lib/hosts";
import { personOf, personTarget } from "../lib/person";
import { withProgress } from "../lib/progress";
import { overSsh, type Patience } from "../lib/ssh";
import { hostJson } from "../lib/terminal";

/** Options of `phiward report phi-access`. */
export interface ReportPhiAccessOptions extends ReportOptions {
  readonly as?: string;
  /** A day, as `2026-11-01`. */
  readonly since: string;
}

const where = { server: z.string(), database: z.string() };
const access = z.object({ ...where, at: z.string(), login: z.string(), accessor: z.string(), subject: z.string(), reason: z.string() });
const line = z.union([access, z.object({ ...where, more: z.literal(true) })]);

/** One line of the record, or that a database has more lines than it tells at once. */
type Line = z.output<typeof line> & { readonly host: string };

/** `phiward report phi-access`. Throws OperatorError where a host that has patients' columns does not answer. */
export async function reportPhiAccessCommand(options: ReportPhiAccessOptions): Promise<number> {
  if (!/^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(options.since))
    throw new OperatorError("--since: found another text, allowed: a day such as 2026-11-01", 2);
  const stack = resolvedStack(options);
  const by = personOf(stack.config, options.as, "sudo");
  if (phiDatabases(stack.config).length === 0) throw new OperatorError("phi: found none, allowed: a stack with patients' columns", 2);
  const hosts = stack.hosts.filter(({ name }) => stack.config.hosts.some((host) => host.name === name && host.role === "application"));
  const found = await withProgress("asking the databases for their record of accesses", () =>
    Promise.all(hosts.map((host) => askAccesses(host, by, options.since, stack.context.patience))),
  );
  const lines = found.flat();
  report(options.json, { since: options.since, accesses: lines }, textOf(lines));
  return 0;
}

async function askAccesses(host: HostAddress, person: string, since: string, patience: Patience): Promise<readonly Line[]> {
  const command = `exec sudo -n ${programCommand("phi", "accesses", since).join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", patience);
  if (code !== 0) throw new OperatorError(`${host.name}: it could not be asked for the record of accesses: ${stderr.trim()}`, 1);
  try {
    return stdout
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => ({ ...hostJson(text, line), host: host.name }));
  } catch {
    throw new OperatorError(`${host.name}: found another answer than of the program of patients' columns; deploy first: npx phiward up`, 1);
  }
}

/** The lines as text, the oldest first. */
export function textOf(lines: readonly Line[]): string {
  if (lines.length === 0) return "nobody decrypted anything in this time";
  return lines
    .map((entry) =>
      "more" in entry
        ? `${entry.host} ${entry.server}/${entry.database}: more than it tells at once; take a later day`
        : `${entry.at} ${entry.host} ${entry.server}/${entry.database}: ${entry.accessor} (${entry.login}) read of ${entry.subject}: ${entry.reason}`,
    )
    .join("\n");
}
