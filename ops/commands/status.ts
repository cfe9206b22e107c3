/** `phiward status`: units, waiting confirmations, drift, containers, last backups and bans of every host, on one screen. */
import { hostDuties } from "../../components/config/duties";
import type { StackConfig } from "../../components/config/schema";
import { containersModel, stackModel } from "../../components/containers/model";
import { serviceDataSettings } from "../../components/containers/serviceData";
import { hostPlans } from "../../components/registry";
import { ask, statusAnswer } from "../lib/agent";
import { type Bans, banLines, bansOf } from "../lib/bans";
import { hostOf, type ReportOptions, type ResolvedStack, report, resolvedStack } from "../lib/command";
import { overdueLine } from "../lib/duties/words";
import { OperatorError } from "../lib/errors";
import type { HostAddress } from "../lib/hosts";
import { personOf, personTarget } from "../lib/person";
import { withProgress } from "../lib/progress";
import { unusedData } from "../lib/serviceData";
import { overSsh } from "../lib/ssh";
import { differenceOf } from "../lib/stale";
import { hostJson, oneLine } from "../lib/terminal";
import { BACKUP_STATUS_COMMAND, backupStatus } from "./backup";

/** Options of `phiward status`. */
export interface StatusOptions extends ReportOptions {
  /** One host; all of the stack without it. */
  readonly host?: string;
  readonly as?: string;
}

/** A unit of a host: the generation it is at, and how it differs from the configuration. */
interface UnitLine {
  readonly unit: string;
  readonly generation: string | null;
  readonly difference: string | null;
}

/** A container as Docker describes it: `Up 3 minutes (healthy)`. */
interface ContainerLine {
  readonly name: string;
  readonly status: string;
  /** What the file calls its service; missing where it is of none that is declared, or a former container. */
  readonly service?: string;
}

/** When a backup job last succeeded, in ISO 8601. */
interface BackupLine {
  readonly repository: string;
  readonly job: string;
  readonly at: string;
}

/** A host on call; `unreachable` says why nothing else is known. */
export type HostStatus =
  | { readonly host: string; readonly unreachable: string }
  | {
      readonly host: string;
      readonly units: readonly UnitLine[];
      readonly containers: readonly ContainerLine[];
      readonly backups: readonly BackupLine[];
      /** Data of services, volumes and databases that are no longer declared: it is in no backup. */
      readonly unusedData?: readonly string[];
      /** Whom fail2ban refuses. */
      readonly bans?: Bans;
    };

const CONTAINERS = "sudo -n docker container ls --all --format '{{.Names}} {{.Status}}'";

/** Whether the host, as far as its status shows, needs nobody. */
export function isWell(status: HostStatus): boolean {
  if ("unreachable" in status) return false;
  const { units, containers, bans } = status;
  // A ban is what fail2ban is for; that it says nothing is not.
  return bans !== null && units.every(({ difference }) => difference === null) && containers.every(({ status: text }) => isHealthy(text));
}

/** The statuses for a person: what needs attention is marked with `!`. */
export function statusText(hosts: readonly HostStatus[]): string {
  return hosts
    .map((status) => ("unreachable" in status ? `${status.host}\n! unreachable: ${status.unreachable}` : hostText(status)))
    .join("\n\n");
}

function hostText(status: Exclude<HostStatus, { unreachable: string }>): string {
  const { host, units, containers, backups, unusedData: unused = [], bans = [] } = status;
  const line = (isFine: boolean, ...cells: readonly string[]): string =>
    `${isFine ? " " : "!"} ${cells.map((cell, index) => (index < cells.length - 1 ? cell.padEnd(14) : cell)).join(" ")}`.trimEnd();
  return [
    host,
    ...units.map(({ unit, generation, difference }) =>
      line(difference === null, unit, generation === null ? "never applied" : generation.slice(0, 12), difference ?? "as declared"),
    ),
    ...containers.map(({ name, status: text, service = name }) =>
      line(isHealthy(text), "container", service === name ? name : `${service} (${name})`, text),
    ),
    ...backups.map(({ repository, job, at }) => line(true, "backup", repository, `${job} ${at}`)),
    ...unused.map((data) => line(true, "unused data", data)),
    ...banLines(bans).map(([jail, words]) => line(bans !== null, "banned by", jail, words)),
  ].join("\n");
}

function isHealthy(status: string): boolean {
  return status.startsWith("Up ") && !status.includes("(unhealthy)") && !status.includes("Restarting");
}

async function hostStatus({ config, context: { patience } }: ResolvedStack, host: HostAddress, person: string): Promise<HostStatus> {
  const target = personTarget(host, person);
  const plans = hostPlans(config, host.name);
  const duties = hostDuties(config, host.name);
  const output = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await overSsh(target, command, "", patience);
    if (code !== 0) throw new OperatorError(stderr.trim(), 2);
    return stdout;
  };
  try {
    const [{ units }, containers, backups, unused, bans] = await Promise.all([
      ask(target, { mode: "status", plans, secrets: {} }, statusAnswer, patience),
      duties.services ? output(CONTAINERS) : "",
      duties.backup ? output(BACKUP_STATUS_COMMAND) : undefined,
      duties.services ? unusedData({ ...serviceDataSettings(stackModel(config)), removed: [] }, target, patience) : [],
      bansOf(target, patience),
    ]);
    return {
      host: host.name,
      units: plans.map((plan): UnitLine => {
        const unit = units[plan.unit];
        const difference = unit === undefined ? "unknown to the host" : (differenceOf(plan, unit) ?? null);
        return { unit: plan.unit, generation: unit?.generation ?? null, difference };
      }),
      containers: containers
        .split("\n")
        .filter((line) => line !== "")
        .map(oneLine)
        .map((line) => containerLine(config, line)),
      backups: backups === undefined ? [] : backupLines(hostJson(backups, backupStatus)),
      unusedData: unused,
      bans,
    };
  } catch (error) {
    if (error instanceof OperatorError) return { host: host.name, unreachable: error.message };
    throw error;
  }
}

/** A line of Docker's list, with the service that the container is declared for, by its present name. */
export function containerLine(config: StackConfig, line: string): ContainerLine {
  const [name = ""] = line.split(" ", 1);
  const { databases, services } = containersModel(config);
  const found = [...databases, ...services].find((container) => container.name === name);
  return { name, status: line.slice(line.indexOf(" ") + 1), ...(found === undefined ? {} : { service: found.called }) };
}

function backupLines({ status }: ReturnType<typeof backupStatus.parse>): readonly BackupLine[] {
  return Object.entries(status).flatMap(([repository, jobs]) => Object.entries(jobs).map(([job, { at }]) => ({ repository, job, at })));
}

/** `phiward status`: 1 where a host needs attention or cannot be reached. */
export async function statusCommand(options: StatusOptions): Promise<number> {
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const asked = options.host === undefined ? stack.hosts : [hostOf(stack, options.host, ["application", "vault"])];
  const hosts = await withProgress("asking the hosts", () => Promise.all(asked.map((host) => hostStatus(stack, host, person))));
  const overdue = overdueLine(stack);
  report(
    options.json,
    { hosts, duties: overdue ?? null },
    [statusText(hosts), ...(overdue === undefined ? [] : [`! ${overdue}`])].join("\n\n"),
  );
  return hosts.every(isWell) ? 0 : 1;
}
