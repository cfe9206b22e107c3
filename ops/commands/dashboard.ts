/**
 * `phiward dashboard`: the status page that the vault makes, fetched into a file for a browser. No port is opened on either side: the
 * hosts' SSH servers forward nothing, for anybody.
 */
import { type ReportOptions, report, resolvedStack } from "../lib/command";
import { pageOf } from "../lib/look/now";
import { checkedPage } from "../lib/look/page";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { writeReport } from "../lib/reportFile";
import { watchingHost } from "./silence";

/** Options of `phiward dashboard`. */
export interface DashboardOptions extends ReportOptions {
  readonly output?: string;
  readonly as?: string;
}

/** Writes the page, in the place of the one of before, so that a browser shows it when it loads it again. */
export async function dashboardCommand(options: DashboardOptions): Promise<number> {
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const vault = watchingHost(stack);
  const { at, page } = await withProgress("asking the vault", () => pageOf(vault, person, stack.context.patience));
  const file = options.output ?? `status-${options.stack}.html`;
  writeReport(file, checkedPage(page).trimEnd());
  const made = new Date(at * 1000).toISOString();
  report(
    options.json,
    { file, made },
    `${file}: how the hosts were at ${made}; open it in a browser. Its reading is on record as ${person}'s`,
  );
  return 0;
}
