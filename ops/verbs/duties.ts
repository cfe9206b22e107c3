/** Verbs of the year's work and of its reports. A module is loaded when its verb is called. */
import type { Command } from "commander";
import type { AttestOptions } from "../commands/attest";
import type { DutiesOptions } from "../commands/duties";
import type { ReportMonthOptions } from "../commands/reportMonth";
import type { ReportPhiAccessOptions } from "../commands/reportPhiAccess";
import { as, json, type Runs, verb } from "./verb";

export function addDutyVerbs(program: Command, runs: Runs): void {
  verb(program, "duties", "the year's work: what is overdue, due and done, by whom", "duties --stack prod")
    .option("--send", "bring the vault the record, of which it may lack lines")
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: DutiesOptions) => (await import("../commands/duties.js")).dutiesCommand(options)));
  verb(
    program,
    "attest",
    "put on record, signed by your SSH key, that a duty was done",
    'attest access-reviewed --stack prod --note "All six accounts and keys compared; bob\'s old key taken out"',
  )
    .argument("<duty>", "its name, as duties shows it")
    .requiredOption("--note <text>", "what was done and found, in 20 characters or more; nothing of patients")
    .option("--on <day>", "the day on which it was done, as YYYY-MM-DD in UTC (default: today)")
    .option("--as <person>", "who signs, where the agent has keys of several people")
    .option("--former <names>", "people who are no longer declared, whose last lines of the record you stand by")
    .action(runs(async (duty: string, options: AttestOptions) => (await import("../commands/attest.js")).attestCommand(duty, options)));
}

export function addReportVerbs(program: Command, runs: Runs): void {
  const reports = program.command("report").description("reports for people, of measured facts alone");
  verb(
    reports,
    "month",
    "the month's security report as a page to print: what was measured, and what could not be",
    "report month --stack prod --as alice --month 2026-10 --output october.html",
  )
    .option("--month <month>", "as YYYY-MM, in UTC (default: the present one, until now)")
    .option("--output <file>", "new file (default: report-STACK-MONTH.html)")
    .addOption(as())
    .action(runs(async (options: ReportMonthOptions) => (await import("../commands/reportMonth.js")).reportMonthCommand(options)));
  verb(
    reports,
    "phi-access",
    "who decrypted whose data, when and why, as the databases have it on record",
    "report phi-access --stack prod --as alice --since 2026-11-01",
  )
    .requiredOption("--since <day>", "the first day, as YYYY-MM-DD in UTC")
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (options: ReportPhiAccessOptions) => (await import("../commands/reportPhiAccess.js")).reportPhiAccessCommand(options)),
    );
}
