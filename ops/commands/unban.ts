/** `phiward unban`: lifts the bans of an address, in every jail, in the firewall and in the web server. */
import { isIP } from "node:net";
import { canonicalAddress } from "../../components/config/network";
import { programCommand } from "../../components/plan/programs";
import { hostOf, type ReportOptions, report, resolvedStack } from "../lib/command";
import { OperatorError, refusalOf } from "../lib/errors";
import type { HostAddress } from "../lib/hosts";
import { journalled, personOf, personTarget } from "../lib/person";
import { withProgress } from "../lib/progress";
import { overSsh, type Patience } from "../lib/ssh";
import { oneLine } from "../lib/terminal";

/** Options of `phiward unban`. */
export interface UnbanOptions extends ReportOptions {
  /** One host; all of the stack without it. */
  readonly host?: string;
  readonly as?: string;
}

/** What was lifted on a host: the jails, and none where the address was not banned. */
export interface Lifted {
  readonly host: string;
  readonly jails: readonly string[];
}

/** The address as fail2ban writes it. Throws OperatorError for what is not one address. */
export function bannedAddress(text: string): string {
  if (isIP(text) !== 0 && !text.includes("%")) return canonicalAddress(text);
  throw new OperatorError("ADDRESS: found something else, allowed: one IPv4 or IPv6 address, such as 192.0.2.7 or 2001:db8::7", 2);
}

/** A host's lines in words. */
export function unbanText(address: string, hosts: readonly Lifted[]): string {
  return hosts
    .map(({ host, jails }) =>
      jails.length === 0 ? `${host}: ${address} is not banned` : `${host}: ${address} is admitted again, by ${jails.join(", ")}`,
    )
    .join("\n");
}

/** `phiward unban ADDRESS`. Who did it is in the host's journal and, since it goes through sudo, in /var/log/sudo.log. */
export async function unbanCommand(text: string, options: UnbanOptions): Promise<number> {
  const stack = resolvedStack(options);
  const address = bannedAddress(text);
  const person = personOf(stack.config, options.as, "sudo");
  const asked = options.host === undefined ? stack.hosts : [hostOf(stack, options.host, ["application", "vault"])];
  const hosts = await withProgress("asking the hosts", () =>
    Promise.all(asked.map((host) => lift(host, person, address, stack.context.patience))),
  );
  report(options.json, { address, hosts }, unbanText(address, hosts));
  return 0;
}

async function lift(host: HostAddress, person: string, address: string, patience: Patience): Promise<Lifted> {
  const line = `bans of ${address} lifted by ${person} on ${host.name}`;
  const command = `${journalled(line)} && exec sudo -n ${programCommand("bans", "lift", address).join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", patience);
  if (code !== 0) throw refusalOf(host, { code, stderr: oneLine(stderr.trim()) });
  return { host: host.name, jails: stdout.split("\n").flatMap((row) => (row === "" ? [] : [oneLine(row)])) };
}
