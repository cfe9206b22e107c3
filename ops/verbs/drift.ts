/** Verbs of what differs on hosts, and of what waits to be mended there. A module is loaded when its verb is called. */
import type { Command } from "commander";
import type { AcceptOptions } from "../commands/accept";
import type { DriftOptions } from "../commands/drift";
import type { VulnerabilitiesOptions } from "../commands/vulnerabilities";
import { as, host, json, type Runs, verb } from "./verb";

export function addDriftVerbs(program: Command, runs: Runs): void {
  verb(
    program,
    "vulnerabilities",
    "list security updates that wait on hosts and in images, with CVE and severity, and what lynis says",
    "vulnerabilities web --stack prod --as alice",
  )
    .argument("[host]", "host of the stack; all without it")
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (name: string | undefined, options: VulnerabilitiesOptions) =>
        (await import("../commands/vulnerabilities.js")).vulnerabilitiesCommand(name, options),
      ),
    );
  verb(
    program,
    "drift",
    "list what nobody declared on the hosts, with what removes, repairs or accepts each",
    "drift --stack prod --as alice",
  )
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: DriftOptions) => (await import("../commands/drift.js")).driftCommand(options)));
  verb(
    program,
    "accept",
    "accept for a time what drift listed; written into the stack's file",
    'accept web /etc/cron.d/vendor --stack prod --reason "the laboratory\'s transfer, ticket 12" --owner anna --expires 2027-02-28',
  )
    .argument("<host>", "host of the stack")
    .argument("<path>", "its path or name, as drift has it after the colon")
    .requiredOption("--reason <text>", "why it is there, and where it was decided: 20 characters or more")
    .requiredOption("--owner <name>", "who sees to it")
    .requiredOption("--expires <day>", "the last day, as YYYY-MM-DD, at most 180 days ahead")
    .addOption(as())
    .action(
      runs(async (name: string, path: string, options: AcceptOptions) =>
        (await import("../commands/accept.js")).acceptCommand(name, path, options),
      ),
    );
}
