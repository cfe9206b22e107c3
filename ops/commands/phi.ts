/** `phiward phi`: how far patients' columns are with the present key; brings them to it now, which the host does by itself each hour too. */
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { PHI_ROTATE } from "../../components/backup/phi/plan";
import { phiDatabases } from "../../components/containers/secrets/phiMaster";
import { programCommand } from "../../components/plan/programs";
import { hostOf, type ReportOptions, report, resolvedStack } from "../lib/command";
import { counted } from "../lib/counted";
import { OperatorError, refusalOf } from "../lib/errors";
import { applicationHost, type HostAddress } from "../lib/hosts";
import { personOf, personTarget } from "../lib/person";
import { withProgress } from "../lib/progress";
import { overSsh, type Patience } from "../lib/ssh";
import { hostJson, oneLine, print } from "../lib/terminal";

/** Options of `phiward phi status`. */
export interface PhiOptions extends ReportOptions {
  readonly host?: string;
  readonly as?: string;
}

/** Options of `phiward phi rotate`. */
export interface PhiRotateOptions extends PhiOptions {
  /** Stops it; the next run goes on where it was. */
  readonly stop?: boolean;
}

const answer = z.array(
  z.object({
    server: z.string(),
    database: z.string(),
    epoch: z.number(),
    retired: z.number(),
    rows: z.number(),
    unreadable: z.number(),
    looked: z.number(),
    pages: z.number(),
    clean: z.number().nullable(),
  }),
);

/** How far each database of a host is. */
export type PhiProgress = z.infer<typeof answer>;

/** As systemd calls the state of the host's unit. */
interface Asked {
  readonly state: string;
  readonly databases: PhiProgress;
}

const POLL_MS = 2000;
const UNIT = `${PHI_ROTATE}.service`;

/** `phiward phi status`: 1 where rows are with earlier keys, or may be. */
export async function phiStatusCommand(options: PhiOptions): Promise<number> {
  const { host, person, patience } = targetOf(options);
  const asked = await ask(host, person, patience);
  report(options.json, { host: host.name, ...asked }, phiText(host.name, asked));
  return isDone(asked) ? 0 : 1;
}

/** `phiward phi rotate`: follows the host's own run, and may be ended without ending that; 1 where rows are left with earlier keys. */
export async function phiRotateCommand(options: PhiRotateOptions): Promise<number> {
  const { host, person, patience } = targetOf(options);
  if (options.stop === true) {
    await run(host, person, `exec sudo -n systemctl stop ${UNIT}`, patience);
    print(`${host.name}: stopped; the host goes on with it within the hour, or npx phiward phi rotate --stack ${options.stack} now`);
    return 0;
  }
  await run(host, person, `exec sudo -n systemctl start --no-block ${UNIT}`, patience);
  const asked = await withProgress(`${host.name}: bringing patients' columns to the present key`, async (tell) => {
    for (;;) {
      await pause(POLL_MS);
      const now = await ask(host, person, patience);
      tell(shareOf(now.databases));
      if (!isRunning(now)) return now;
    }
  });
  report(options.json, { host: host.name, ...asked }, phiText(host.name, asked));
  return isDone(asked) ? 0 : 1;
}

function targetOf(options: PhiOptions) {
  const stack = resolvedStack(options);
  if (phiDatabases(stack.config).length === 0) throw new OperatorError("phi: found none, allowed: a stack with patients' columns", 2);
  const host = options.host === undefined ? applicationHost(stack.config, stack.hosts) : hostOf(stack, options.host, ["application"]);
  return { host, person: personOf(stack.config, options.as, "sudo"), patience: stack.context.patience };
}

async function ask(host: HostAddress, person: string, patience: Patience): Promise<Asked> {
  const shown = `systemctl show --property=ActiveState --value ${UNIT}`;
  const stdout = await run(host, person, `${shown} && exec sudo -n ${programCommand("phi", "progress").join(" ")}`, patience);
  const [state = "", ...rest] = stdout.split("\n");
  try {
    return { state, databases: hostJson(rest.join("\n"), answer) };
  } catch {
    throw new OperatorError(`${host.name}: found an answer of another form, allowed: that of this version; run npx phiward up`, 2);
  }
}

async function run(host: HostAddress, person: string, command: string, patience: Patience): Promise<string> {
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", patience);
  if (code !== 0) throw refusalOf(host, { code, stderr: oneLine(stderr.trim()) });
  return stdout;
}

function isRunning({ state }: Asked): boolean {
  return state === "activating" || state === "active" || state === "deactivating";
}

function isDone({ databases }: Asked): boolean {
  return databases.every(({ epoch, clean }) => epoch === 1 || clean !== null);
}

/** The share of the pages that were looked through, of all databases. */
function shareOf(databases: PhiProgress): number {
  const pages = databases.reduce((sum, one) => sum + one.pages, 0);
  return pages === 0 ? 0 : Math.min(1, databases.reduce((sum, one) => sum + (one.clean === null ? one.looked : one.pages), 0) / pages);
}

/** The answer for a person; what waits for one begins with `!`. */
export function phiText(host: string, asked: Asked): string {
  const running = isRunning(asked) ? ", and the host is at it" : "";
  return [
    `${host}: patients' columns${running}`,
    ...asked.databases.map(({ server, database, epoch, retired, rows, unreadable, looked, pages, clean }) => {
      const what = `${oneLine(database)} in ${oneLine(server)}, key ${String(epoch)}`;
      if (epoch === 1) return `  ${what}: there is no earlier one`;
      const done = `${counted(rows, "row")} brought to it`;
      if (clean !== null) {
        const earlier = retired >= epoch - 1 ? "" : `; phi.retired: ${String(epoch - 1)} lets the earlier ones go with the next deploy`;
        return `  ${what}: no row needs an earlier one since ${new Date(clean * 1000).toISOString().slice(0, 16)} UTC, ${done}${earlier}`;
      }
      const far =
        pages === 0 ? "not looked through yet" : `${String(Math.floor((100 * Math.min(looked, pages)) / pages))} % looked through`;
      const bad = unreadable === 0 ? "" : `, ${counted(unreadable, "value")} that no key opens`;
      return `! ${what}: ${far}, ${done}${bad}; earlier keys are still needed`;
    }),
  ].join("\n");
}
