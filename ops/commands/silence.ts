/** `phiward silence`: alerts that nobody is to get while work is planned, and why; it is on record at the vault. */

import { lastingName } from "../../components/config/names";
import type { StackConfig } from "../../components/config/schema";
import { alertMatrix } from "../../components/monitoring/alerts/matrix";
import { UNACKNOWLEDGED } from "../../components/monitoring/alerts/rules";
import { programCommand } from "../../components/plan/programs";
import { hostOf, type ReportOptions, type ResolvedStack, report, resolvedStack } from "../lib/command";
import { OperatorError, refusalOf } from "../lib/errors";
import type { HostAddress } from "../lib/hosts";
import { personOf, personTarget } from "../lib/person";
import { overSsh, type Patience } from "../lib/ssh";
import { oneLine } from "../lib/terminal";

/** Options that `silence` and `acknowledge` share. */
export interface SilenceTerms extends ReportOptions {
  /** For how long: `30m`, `2h`, `1d`. */
  readonly for: string;
  readonly why: string;
  /** Of one host; of all without it. */
  readonly host?: string;
  readonly as?: string;
}

/** Options of `phiward silence`. */
export interface SilenceOptions extends SilenceTerms {
  /** One alert; all without it. */
  readonly alert?: string;
}

/** A silence as the vault takes it. */
export interface Silence {
  readonly alert?: string;
  /** The lasting name of a host. */
  readonly host?: string;
  readonly seconds: number;
  readonly why: string;
  /** Someone has taken the alert on; otherwise what raises it is planned. */
  readonly acknowledged: boolean;
}

const SECONDS_OF: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const LONGEST = 7 * 86_400;

/** Seconds of a time such as `2h`. Throws OperatorError for what is none, or longer than a week. */
export function secondsOf(text: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS_OF[unit] ?? 0);
  if (seconds > 0 && seconds <= LONGEST) return seconds;
  throw new OperatorError("--for: found something else, allowed: minutes, hours or days up to a week, such as 30m, 2h or 1d", 2);
}

/** The silence that options ask for. Throws OperatorError for an alert or a host that there is not, and without a reason. */
export function silenceOf(config: StackConfig, options: SilenceOptions, acknowledged: boolean): Silence {
  const { alert, host, why } = options;
  if (!/^[!-~](?:[ -~]{0,298}[!-~])?$/.test(why))
    throw new OperatorError(
      "--why: found something else, allowed: the reason, in 1 to 300 printable characters of ASCII; it is recorded at the vault",
      2,
    );
  const alerts = [...alertMatrix(config.monitoring).map(({ id }) => id), UNACKNOWLEDGED];
  if (alert !== undefined && !alerts.includes(alert)) throw new OperatorError(`ALERT: found ${alert}, allowed: ${alerts.join(", ")}`, 2);
  const found = config.hosts.find(({ name }) => name === host);
  if (host !== undefined && found === undefined)
    throw new OperatorError(`--host: found ${host}, allowed: ${config.hosts.map(({ name }) => name).join(" or ")}`, 2);
  return {
    ...(alert === undefined ? {} : { alert }),
    ...(found === undefined ? {} : { host: lastingName(found) }),
    seconds: secondsOf(options.for),
    why,
    acknowledged,
  };
}

/** Adds it at the vault, as the person; the reason goes by standard input, where no shell reads it. Throws OperatorError. */
export async function silenceOn(vault: HostAddress, person: string, silence: Silence, patience: Patience): Promise<string> {
  const command = `exec sudo -n ${programCommand("monitor", "silence").join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(vault, person), command, JSON.stringify(silence), patience);
  if (code !== 0) throw refusalOf(vault, { code, stderr: oneLine(stderr.trim()) });
  return oneLine(stdout.trim());
}

/** The host that watches. Throws OperatorError where the stack has none. */
export function watchingHost(stack: ResolvedStack): HostAddress {
  const vault = stack.config.hosts.find(({ role }) => role === "vault");
  if (vault === undefined)
    throw new OperatorError("hosts: found no host of the role vault, which watches the others; declare one, and backup.offsite", 3);
  return hostOf(stack, vault.name, ["vault"]);
}

/** `phiward silence --for 2h --why …`. */
export async function silenceCommand(options: SilenceOptions): Promise<number> {
  const stack = resolvedStack(options);
  const silence = silenceOf(stack.config, options, false);
  const person = personOf(stack.config, options.as, "sudo");
  const id = await silenceOn(watchingHost(stack), person, silence, stack.context.patience);
  const what = `${silence.alert ?? "all alerts"} of ${options.host ?? "all hosts"}`;
  report(options.json, { id, ...silence, who: person }, `${what}: silent for ${options.for}, on record as ${person}'s`);
  return 0;
}
