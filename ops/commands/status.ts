/** `phiward status`: units, waiting confirmations, drift, containers, last backups and bans of every host, and alerts, on one screen. */
import { hostDuties } from "../../components/config/duties";
import type { StackConfig } from "../../components/config/schema";
import { containersModel, stackModel } from "../../components/containers/model";
import { serviceDataSettings } from "../../components/containers/serviceData";
import { hostPlans } from "../../components/registry";
import { ask, statusAnswer } from "../lib/agent";
import { hostOf, type ReportOptions, type ResolvedStack, report, resolvedStack } from "../lib/command";
import { overdueLine } from "../lib/duties/words";
import { OperatorError } from "../lib/errors";
import type { HostAddress } from "../lib/hosts";
import { isQuiet } from "../lib/look/lines";
import { lookedAt } from "../lib/look/now";
import { personOf, personTarget } from "../lib/person";
import { withProgress } from "../lib/progress";
import { heldBy } from "../lib/secrets/held";
import { overdueSecretsLine, standings } from "../lib/secrets/report";
import { unusedData } from "../lib/serviceData";
import { overSsh } from "../lib/ssh";
import { differenceOf } from "../lib/stale";
import { type BackupLine, type ContainerLine, type HostStatus, isWell, lookedText, statusText, type UnitLine } from "../lib/statusText";
import { hostJson, oneLine } from "../lib/terminal";
import { toldBy } from "../lib/told";
import { askEach } from "../lib/vulnerabilities";
import { BACKUP_STATUS_COMMAND, backupStatus } from "./backup";

/** Options of `phiward status`. */
export interface StatusOptions extends ReportOptions {
  /** One host; all of the stack without it. */
  readonly host?: string;
  readonly as?: string;
}

const CONTAINERS = "sudo -n docker container ls --all --format '{{.Names}} {{.Status}}'";

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
    const [{ units, isolated, contained }, containers, backups, unused, told] = await Promise.all([
      ask(target, { mode: "status", plans, secrets: {} }, statusAnswer, patience),
      duties.services ? output(CONTAINERS) : "",
      duties.backup ? output(BACKUP_STATUS_COMMAND) : undefined,
      duties.services ? unusedData({ ...serviceDataSettings(stackModel(config)), removed: [] }, target, patience) : [],
      toldBy(target, patience),
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
      isolated: isolated ?? null,
      contained: contained ?? [],
      ...told,
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
  const vault = options.host === undefined ? stack.config.hosts.find(({ role }) => role === "vault") : undefined;
  const [hosts, looked, held] = await withProgress("asking the hosts", () =>
    Promise.all([
      Promise.all(asked.map((host) => hostStatus(stack, host, person))),
      vault === undefined ? undefined : lookedAt(hostOf(stack, vault.name, ["vault"]), person, stack.context.patience),
      askEach(asked, (host) => heldBy(host, person, stack.context.patience)),
    ]),
  );
  const overdue = overdueLine(stack);
  // Of a host that does not answer, or is of an earlier version, its own lines tell.
  const old = overdueSecretsLine(standings(options.stack, stack.config, held, new Date().toISOString().slice(0, 10)));
  report(
    options.json,
    { hosts, alerts: looked ?? null, duties: overdue ?? null, secrets: old ?? null },
    [
      statusText(hosts, options.stack),
      ...(looked === undefined ? [] : [lookedText(looked, { config: stack.config, stack: options.stack })]),
      ...[overdue, old].flatMap((line) => (line === undefined ? [] : [`! ${line}`])),
    ].join("\n\n"),
  );
  return hosts.every(isWell) && (looked === undefined || isQuiet(looked)) ? 0 : 1;
}
