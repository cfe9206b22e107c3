/** `phiward logs`: what a service of the stack, or one of the host's own, has logged. */
import { lastingName, lastingServiceName, namesOf } from "../../components/config/names";
import type { StackConfig } from "../../components/config/schema";
import { SERVICES_DIRECTORY } from "../../components/containers/names";
import { hostOf, resolvedStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { applicationHost } from "../lib/hosts";
import { journalled, personOf, personTarget, printedAsPerson } from "../lib/person";
import { overSsh } from "../lib/ssh";

/** Options of `phiward logs`. */
export interface LogsOptions extends StackOptions {
  readonly host?: string;
  readonly as?: string;
  /** How many lines from the end. */
  readonly lines: string;
  readonly follow?: boolean;
  /** What its last init step said, instead of its container. */
  readonly init?: boolean;
}

/** Units of systemd that log for phiward, by the name an operator uses. */
const SYSTEM_UNITS: Readonly<Record<string, string>> = {
  backup: "phiward-backup*",
  docker: "docker",
  fail2ban: "fail2ban",
  nginx: "nginx",
  ssh: "ssh",
};

/** Either a container's service of the stack, by the name that it keeps, the file of a job, or a unit of the host. Throws OperatorError if there is none of that name. */
export function logSource(config: StackConfig, name: string): { readonly kind: "container" | "file" | "unit"; readonly name: string } {
  const found = config.services.find((service) => namesOf(service).includes(name));
  if (found !== undefined) return { kind: "container", name: lastingName(found) };
  const unit = Object.hasOwn(SYSTEM_UNITS, name) ? SYSTEM_UNITS[name] : undefined;
  if (unit !== undefined) return { kind: "unit", name: unit };
  const job = config.jobs.find((entry) => entry.name === name);
  if (job !== undefined) return { kind: "file", name: `${runsOf(lastingServiceName(config, job.service))}/job-${name}.log` };
  const allowed = [...[...config.services, ...config.jobs].map((entry) => entry.name), ...Object.keys(SYSTEM_UNITS)];
  throw new OperatorError(`SERVICE: found ${name}, allowed: ${allowed.join(", ")}`, 3);
}

/** Where a host keeps what the last init step of a service said. Throws OperatorError where the stack has no such step. */
export function initLog(config: StackConfig, name: string): string {
  const found = config.services.find((service) => namesOf(service).includes(name));
  if (found?.kind !== "container" || found.initialize === undefined) {
    const allowed = config.services.flatMap((service) =>
      service.kind === "container" && service.initialize !== undefined ? [service.name] : [],
    );
    throw new OperatorError(`--init: found no init step of ${name}, allowed: ${allowed.join(", ") || "none, since no service has one"}`, 3);
  }
  return `${runsOf(lastingName(found))}/initialize.log`;
}

// As the host's programs name it (one_off.py).
function runsOf(service: string): string {
  return `${SERVICES_DIRECTORY}/${service}/runs`;
}

/** `phiward logs SERVICE`. The reading is in the host's journal and, since it goes through sudo, in /var/log/sudo.log. */
export async function logsCommand(service: string, options: LogsOptions): Promise<number> {
  const stack = resolvedStack(options);
  const source = logSource(stack.config, service);
  const host =
    options.host === undefined ? applicationHost(stack.config, stack.hosts) : hostOf(stack, options.host, ["application", "vault"]);
  const person = personOf(stack.config, options.as, "sudo");
  const { patience } = stack.context;
  if (!/^[1-9][0-9]{0,5}$/.test(options.lines)) throw new OperatorError(`--lines: found ${options.lines}, allowed: 1 to 999999`, 2);
  const follow = options.follow === true ? " --follow" : "";
  const read = async (): Promise<string> => {
    if (options.init === true) return `sudo -n tail --lines=${options.lines} ${initLog(stack.config, service)}`;
    if (source.kind === "file") return `sudo -n tail --lines=${options.lines} ${source.name}`;
    if (source.kind === "unit") return `sudo -n journalctl --no-pager --unit='${source.name}' --lines=${options.lines}${follow}`;
    const list = `sudo -n docker container ls --all --latest --filter label=phiward.service=${source.name} --format '{{.Names}}'`;
    const { code, stdout, stderr } = await overSsh(personTarget(host, person), list, "", patience);
    const container = stdout.trim();
    if (code !== 0) throw new OperatorError(`${host.name}: ${stderr.trim()}`, 2);
    if (container === "") throw new OperatorError(`${host.name}: found no container of ${service}; npx phiward up creates it`, 1);
    return `sudo -n docker logs --timestamps --tail=${options.lines}${follow} ${container}`;
  };
  return printedAsPerson(
    host,
    person,
    `${journalled(`logs of ${service} read by ${person} on ${host.name}`)}; exec ${await read()}`,
    patience,
  );
}
