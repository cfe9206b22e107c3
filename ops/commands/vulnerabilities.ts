/** `phiward vulnerabilities`: security updates that wait on hosts and in images, with CVE and severity, and what lynis says. */
import { hostOf, type ReportOptions, report, resolvedStack } from "../lib/command";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { askEach, askScans, isNoneWaiting } from "../lib/vulnerabilities";
import { vulnerabilitiesText } from "../lib/vulnerabilitiesText";

/** Options of `phiward vulnerabilities`. */
export interface VulnerabilitiesOptions extends ReportOptions {
  readonly as?: string;
}

/** `phiward vulnerabilities [HOST]`: 1 where an update waits, or a host could not be asked. */
export async function vulnerabilitiesCommand(name: string | undefined, options: VulnerabilitiesOptions): Promise<number> {
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const asked = name === undefined ? stack.hosts : [hostOf(stack, name, ["application", "vault"])];
  const hosts = await withProgress("asking what the last looks found", () =>
    askEach(asked, (host) => askScans(host, person, stack.context.patience)),
  );
  report(options.json, { hosts }, vulnerabilitiesText(options.stack, hosts));
  return isNoneWaiting(hosts) ? 0 : 1;
}
