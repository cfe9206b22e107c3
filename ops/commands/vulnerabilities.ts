/** `phiward vulnerabilities`: security updates that wait on hosts and in images, with CVE and severity, and what lynis says. */
import { hostOf, type ReportOptions, report, resolvedStack } from "../lib/command";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { askScans } from "../lib/vulnerabilities";
import { vulnerabilitiesText } from "../lib/vulnerabilitiesText";

/** Options of `phiward vulnerabilities`. */
export interface VulnerabilitiesOptions extends ReportOptions {
  readonly as?: string;
}

/** `phiward vulnerabilities [HOST]`: 1 where an update waits. */
export async function vulnerabilitiesCommand(name: string | undefined, options: VulnerabilitiesOptions): Promise<number> {
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const asked = name === undefined ? stack.hosts : [hostOf(stack, name, ["application", "vault"])];
  const hosts = await withProgress("asking what the last looks found", () =>
    Promise.all(asked.map((host) => askScans(host, person, stack.context.patience))),
  );
  report(options.json, { hosts }, vulnerabilitiesText(options.stack, hosts));
  return hosts.every(({ look }) => (look?.places ?? []).every(({ waiting }) => waiting.length === 0)) ? 0 : 1;
}
