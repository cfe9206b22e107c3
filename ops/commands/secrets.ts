/** `phiward secrets`: every secret of a stack, with who uses it, since when it is there, when it is due and where its escrow is. */
import { type ReportOptions, report, resolvedStack } from "../lib/command";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { heldBy } from "../lib/secrets/held";
import { standings } from "../lib/secrets/report";
import { secretsText } from "../lib/secrets/text";
import { askEach } from "../lib/vulnerabilities";

/** Options of `phiward secrets`. */
export interface SecretsOptions extends ReportOptions {
  readonly as?: string;
}

/** `phiward secrets`: 1 where one is overdue or was not rotated to the end, or a host could not be asked. */
export async function secretsCommand(options: SecretsOptions): Promise<number> {
  const { config, context, hosts } = resolvedStack(options);
  const person = personOf(config, options.as, "sudo");
  const answers = await withProgress("asking since when hosts have their secrets", () =>
    askEach(hosts, (host) => heldBy(host, person, context.patience)),
  );
  const found = standings(options.stack, config, answers, new Date().toISOString().slice(0, 10));
  report(options.json, found, secretsText(found));
  return found.unasked.length === 0 && found.secrets.every(({ overdue, former }) => !overdue && former.length === 0) ? 0 : 1;
}
