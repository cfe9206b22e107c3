/** The verbs of `phiward`: their options, their help, and which module does each. A module is loaded when its verb is called. */
import { Command, CommanderError, Option } from "commander";
import type { AcceptOptions } from "./commands/accept";
import type { AdoptCommandOptions } from "./commands/adopt";
import type { AttestOptions } from "./commands/attest";
import type { AuditOptions } from "./commands/audit";
import type { AuditExportOptions } from "./commands/auditExport";
import type { VerifyExportOptions } from "./commands/auditVerifyExport";
import type { VerifyJournalOptions } from "./commands/auditVerifyJournal";
import type { BackupOptions } from "./commands/backup";
import type { DashboardOptions } from "./commands/dashboard";
import type { DriftOptions } from "./commands/drift";
import type { DutiesOptions } from "./commands/duties";
import type { EvidenceOptions } from "./commands/evidenceReport";
import type { ImportOptions } from "./commands/importCompose";
import type { InitOptions } from "./commands/init";
import type { LogsOptions } from "./commands/logs";
import type { PolicyOptions } from "./commands/policy";
import type { PsqlOptions } from "./commands/psql";
import type { ReleaseOptions } from "./commands/release";
import type { ReportMonthOptions } from "./commands/reportMonth";
import type { RestoreOptions } from "./commands/restore";
import type { SessionListOptions, SessionOpenOptions } from "./commands/session";
import type { ShellOptions } from "./commands/shell";
import type { SilenceOptions, SilenceTerms } from "./commands/silence";
import type { StatusOptions } from "./commands/status";
import type { UnbanOptions } from "./commands/unban";
import type { UpOptions } from "./commands/up";
import type { VulnerabilitiesOptions } from "./commands/vulnerabilities";
import { ACT_KINDS } from "./lib/audit/kinds";
import type { ReportOptions } from "./lib/command";
import { FAIL_ON } from "./lib/failOn";
import { FORMATS } from "./lib/formats/written";
import { INIT_OPTIONS } from "./lib/init/options";
import { exitCodeOf } from "./lib/operate";

// Could not run: so is a command line that cannot be understood.
const USAGE_FAULT = 2;

const EXIT_CODES = `
Exit codes:
  0  done
  1  refused or failed: a policy, a check, or the host said no
  2  could not run: a wrong command line, a missing program, a host that does not answer
  3  a fault in the stack's configuration; all of them are listed`;

/** Runs one command line and resolves with its exit code. Faults are printed, never thrown. */
export async function runCli(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = phiward((work) => async (...given) => {
    code = await exitCodeOf(() => work(...given));
  });
  try {
    await program.parseAsync(args.length === 0 ? ["help"] : args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_FAULT;
    throw error;
  }
}

/** Makes commander's action of a verb's work, which resolves with the exit code. */
export type Runs = <Given extends unknown[]>(work: (...given: Given) => Promise<number> | number) => (...given: Given) => Promise<void>;

/** The command line with all its verbs; `runs` says what is done with the work of the one that is called. */
export function phiward(runs: Runs): Command {
  const program = new Command("phiward")
    .description("Deploys, verifies and looks after hardened hosts. Start with: npx phiward policy --stack prod")
    .usage("VERB [options]")
    .helpCommand("help [verb]", "show the help of a verb")
    .addHelpText("after", EXIT_CODES)
    .exitOverride()
    // An option after a verb is that verb's own: audit and its own verbs have some of the same names.
    .enablePositionalOptions()
    .showHelpAfterError("(npx phiward help lists the verbs, npx phiward help VERB the options of one)");
  addFirstVerbs(program, runs);
  addImportVerb(program, runs);
  addDeployVerbs(program, runs);
  addDataVerbs(program, runs);
  addDriftVerbs(program, runs);
  addOnCallVerbs(program, runs);
  addAuditVerb(program, runs);
  addSessionVerbs(program, runs);
  addDutyVerbs(program, runs);
  addReportVerbs(program, runs);
  return program;
}

function addFirstVerbs(program: Command, runs: Runs): void {
  const init = verb(program, "init", "write the file of a new stack, with the keys that it needs", "init --stack prod", "no key");
  for (const [option, what] of INIT_OPTIONS) init.option(`--${option} <${what.value}>`, what.words);
  init.action(runs(async (options: InitOptions) => (await import("./commands/init.js")).initCommand(options)));
}

function addImportVerb(program: Command, runs: Runs): void {
  verb(
    program,
    "import",
    "write services and a site into a stack's file from a Compose file, and name what it cannot take over",
    "import compose.yml --stack prod --site app.example.org",
    "no key",
  )
    .argument("<compose>", "the Compose file")
    .option("--site <name>", "host name by which people reach the first service that the file publishes")
    .option("--env-file <file>", "file of variables (default: .env beside the Compose file)")
    .option("--offline", "ask no registry for digests of images")
    .option("--print", "show the sections in place of writing them")
    .action(
      runs(async (file: string, options: ImportOptions) => (await import("./commands/importCompose.js")).importCommand(file, options)),
    );
}

function addDeployVerbs(program: Command, runs: Runs): void {
  verb(program, "adopt", "prepare an existing server, once", "adopt --stack prod --host web")
    .addOption(host().makeOptionMandatory())
    .option("--login <name>", "account that can log in now: root, or one with passwordless sudo (default: root)")
    .option("--host-key <fingerprint>", "SHA256:… of the server's host key, read from its own console")
    .option("--remove <names>", "what may be removed, comma-separated, as the command printed it", list)
    .option("--images <files>", "archives of images that are copied to the host, comma-separated", list)
    .action(runs(async (options: AdoptCommandOptions) => (await import("./commands/adopt.js")).adoptCommand(options)));
  verb(program, "preview", "show what up would change, host by host; needs no access to them", "preview --stack prod --diff")
    .option("--diff", "show Pulumi's own preview, with every line that would change")
    .action(runs(async (options: UpOptions) => (await import("./commands/up.js")).deployCommand("preview", options)));
  verb(program, "up", "deploy, and apply again what drifted or was rolled back", "up --stack prod --key ~/.ssh/id_ed25519")
    .option("--yes", "go ahead without asking; needed where there is no terminal, as in CI")
    .option("--take-over", "create containers and networks again that Pulumi's state has lost; their data stays")
    .action(runs(async (options: UpOptions) => (await import("./commands/up.js")).deployCommand("up", options)));
  // Pulumi runs it, of a program that it was given by us; it has no options, and people have no use for it.
  program
    .command("install-programs", { hidden: true })
    .action(runs(async () => (await import("./commands/installPrograms.js")).installProgramsCommand()));
  verb(program, "verify", "run every check on the running hosts, from inside and from outside", "verify --stack prod --json")
    .addOption(json())
    .action(runs(async (options: ReportOptions) => (await import("./commands/verify.js")).verifyCommand(options)));
  verb(
    program,
    "policy",
    "evaluate the policies on all that the program would make, with no engine, token or network",
    "policy --stack prod",
    "no key",
  )
    .option("--program <directory>", "the project of a program of one's own (default: phiward's)")
    .option("--quick", "judge the configuration alone, in a fraction of a second")
    .option("--baseline", "accept what is found now, once, in waivers.<name>.yaml; needs the five options that follow")
    .option("--reason <text>", "with --baseline: why it is accepted")
    .option("--owner <name>", "with --baseline: who sees to it")
    .option("--approver <name>", "with --baseline: who has agreed, someone other than the owner")
    .option("--ticket <id>", "with --baseline: where it is followed up")
    .option("--expires <day>", "with --baseline: the last day, as YYYY-MM-DD, at most 180 days ahead")
    .addOption(new Option("--format <format>", "how the report is written (default: text)").choices(FORMATS).conflicts("json"))
    .addOption(
      new Option(
        "--fail-on <severity>",
        "also fail on advisories of this severity or worse; unknown: on all, and on unknown values",
      ).choices(FAIL_ON),
    )
    .option("--output <file>", "write the report to this file, and print the line that sums it up")
    .addOption(json())
    .action(runs(async (options: PolicyOptions) => (await import("./commands/policy.js")).policyCommand(options)));
  verb(
    program,
    "evidence-report",
    "join what the policies said and what verify found into a signed report for an auditor",
    "evidence-report --stack prod --key ~/.ssh/id_ed25519 --output evidence-2026-11",
  )
    .requiredOption("--output <directory>", "new or empty directory that the report is written into")
    .option("--policy <file>", "record of the policies, of policy --json (default: judged now)")
    .option("--verify <file>", "record of the checks, of verify --json (default: the hosts are asked now)")
    .option("--max-age <days>", "days after which a record shows nothing any more", "7")
    .action(runs(async (options: EvidenceOptions) => (await import("./commands/evidenceReport.js")).evidenceCommand(options)));
  verb(program, "release", "stop managing a host; it keeps its configuration", "release --stack prod --host web --confirm web")
    .addOption(host().makeOptionMandatory())
    .option("--confirm <name>", "the host's name again")
    .action(runs(async (options: ReleaseOptions) => (await import("./commands/release.js")).releaseCommand(options)));
}

function addDataVerbs(program: Command, runs: Runs): void {
  verb(program, "backup", "back a host up now", "backup --stack prod --host web")
    .addOption(host().makeOptionMandatory())
    .addOption(
      new Option("--new-repository <repository>", "where the repository that the host knew is gone for good").choices(["local", "offsite"]),
    )
    .addOption(json())
    .action(runs(async (options: BackupOptions) => (await import("./commands/backup.js")).backupCommand(options)));
  verb(
    program,
    "restore",
    "restore a database, a file or everything; recorded with who and why",
    'restore --stack prod --host web --what database:api --from offsite --why "a drill"',
  )
    .addOption(host().makeOptionMandatory())
    .requiredOption("--what <what>", "all, database:NAME, volume:SERVICE/NAME or file:/PATH")
    .addOption(new Option("--from <repository>", "where the backup is read from").choices(["local", "offsite"]).default("local"))
    .requiredOption("--why <reason>", "the reason, in words")
    .option("--who <name>", "who asks for it (default: your user name here)")
    .option("--snapshot <id>", "a backup run or one of its snapshots (default: the newest complete run)")
    .option("--into <directory>", "directory on the host that a file is restored into, instead of its original path")
    .option("--unsigned", "restore a backup that the host did not sign, such as one of an earlier version; on record")
    .option("--recovery-key <file>", "the owner's recovery key, for a host that is lost: age's own, or an SSH private key")
    .addOption(json())
    .action(runs(async (options: RestoreOptions) => (await import("./commands/restore.js")).restoreCommand(options)));
}

function addDriftVerbs(program: Command, runs: Runs): void {
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
        (await import("./commands/vulnerabilities.js")).vulnerabilitiesCommand(name, options),
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
    .action(runs(async (options: DriftOptions) => (await import("./commands/drift.js")).driftCommand(options)));
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
        (await import("./commands/accept.js")).acceptCommand(name, path, options),
      ),
    );
}

function addOnCallVerbs(program: Command, runs: Runs): void {
  verb(
    program,
    "status",
    "concerns, pending confirmations, drift, containers, backups, bans and alerts on one screen",
    "status --stack prod --as alice",
  )
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: StatusOptions) => (await import("./commands/status.js")).statusCommand(options)));
  verb(
    program,
    "dashboard",
    "fetch the status page that the vault makes, for a browser; the reading is on record",
    "dashboard --stack prod --as alice",
  )
    .option("--output <file>", "file of the page, which is replaced (default: status-STACK.html)")
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: DashboardOptions) => (await import("./commands/dashboard.js")).dashboardCommand(options)));
  verb(program, "shell", "open a shell on a host as yourself; recorded there", 'shell web --stack prod --why "disk is full"')
    .argument("<host>", "host of the stack")
    .addOption(as())
    .option("--why <reason>", "the reason, for the host's journal")
    .action(runs(async (name: string, options: ShellOptions) => (await import("./commands/shell.js")).shellCommand(name, options)));
  verb(
    program,
    "logs",
    "read the log of a service or job of the stack, or of nginx, ssh, fail2ban, docker or backup",
    "logs api --stack prod --follow",
  )
    .argument("<service>", "service or job of the stack, or a service of the host's own")
    .addOption(host())
    .addOption(as())
    .option("--lines <number>", "lines from the end", "200")
    .option("--follow", "follow the log")
    .option("--init", "what the last init step of the service said")
    .action(runs(async (service: string, options: LogsOptions) => (await import("./commands/logs.js")).logsCommand(service, options)));
  verb(program, "unban", "lift the bans of an address, in every jail; recorded on the host", "unban 192.0.2.7 --stack prod --as alice")
    .argument("<address>", "the IPv4 or IPv6 address")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (address: string, options: UnbanOptions) => (await import("./commands/unban.js")).unbanCommand(address, options)));
  verb(
    program,
    "silence",
    "keep back alerts while work is planned; recorded at the vault",
    'silence --for 2h --why "new disk" --stack prod',
  )
    .requiredOption("--for <time>", "for how long: 30m, 2h or 1d, a week at most")
    .requiredOption("--why <reason>", "the reason, in words")
    .option("--alert <name>", "one alert; all of them without it")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: SilenceOptions) => (await import("./commands/silence.js")).silenceCommand(options)));
  verb(
    program,
    "acknowledge",
    "take an alert on, so that it goes to no second contact; recorded at the vault",
    'acknowledge HOST_SILENT --why "disk is being replaced" --stack prod',
  )
    .argument("<alert>", "name of the alert, as its message has it")
    .requiredOption("--why <reason>", "what is being done, in words")
    .option("--for <time>", "after how long it is sent again where it lasts", "4h")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (alert: string, options: SilenceTerms) => (await import("./commands/acknowledge.js")).acknowledgeCommand(alert, options)),
    );
  verb(program, "psql", "open a database as its owner, through sudo; recorded on the host", 'psql api --stack prod --why "ticket 4711"')
    .argument("<database>", "database of the stack")
    .requiredOption("--why <reason>", "the reason, in words")
    .addOption(host())
    .addOption(as())
    .action(runs(async (database: string, options: PsqlOptions) => (await import("./commands/psql.js")).psqlCommand(database, options)));
}

function addAuditVerb(program: Command, runs: Runs): void {
  const audit = verb(
    program,
    "audit",
    "who did what, from the record that the vault keeps; each reading is on record too",
    "audit --stack prod --as alice --from 2026-11-01 --who bob --what login,privilege",
  );
  audit
    .option("--from <time>", "a day or a time in UTC, as 2026-11-01T08:30:00Z (default: 24 hours before --to)")
    .option("--to <time>", "a day or a time in UTC, itself excluded (default: now)")
    .option("--who <name>", "a person or an account")
    .option("--what <kinds>", `kinds of acts, comma-separated: ${ACT_KINDS.join(", ")}`)
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: AuditOptions) => (await import("./commands/audit.js")).auditCommand(options)));
  // Else it would take the options that its own verbs have too.
  addExportVerbs(audit.enablePositionalOptions(), runs);
  addVerifyJournalVerb(audit, runs);
}

function addExportVerbs(audit: Command, runs: Runs): void {
  const made = verb(
    audit,
    "export",
    "what an auditor asks for of a time, in one archive that is signed: records, backups, compliance, access",
    "audit export --stack prod --as alice --key ~/.ssh/id_ed25519 --from 2026-01-01 --to 2026-11-27",
  );
  made
    .requiredOption("--from <time>", "a day or a time in UTC, as 2026-11-01T08:30:00Z")
    .requiredOption("--to <time>", "a day or a time in UTC, itself excluded")
    .addOption(host())
    .option("--output <file>", "new file (default: audit-STACK-FROM-TO.tar)")
    .option("--policy <file>", "record of the policies, of policy --json (default: judged now)")
    .option("--verify <file>", "record of the checks, of verify --json (default: the hosts are asked now)")
    .option("--max-age <days>", "days after which a record shows nothing any more", "7")
    .addOption(as())
    .action(runs(async (options: AuditExportOptions) => (await import("./commands/auditExport.js")).auditExportCommand(options)));
  verb(
    audit,
    "verify-export",
    "check an export's signature and every hash, without unpacking it",
    "audit verify-export audit-prod-2026-01-01-2026-11-27.tar --signers allowed_signers",
    "no key",
  )
    .argument("<file>", "the archive")
    .option("--signers <file>", "who may sign, as ALLOWED SIGNERS of ssh-keygen(1) (default: people of the stack who have sudo)")
    .addOption(json())
    .action(
      runs(async (file: string, options: VerifyExportOptions) =>
        (await import("./commands/auditVerifyExport.js")).verifyExportCommand(file, options),
      ),
    );
}

function addVerifyJournalVerb(audit: Command, runs: Runs): void {
  verb(
    audit,
    "verify-journal",
    "look whether a host's journal is as it was sealed, on another machine; the key goes there, to no disk",
    "audit verify-journal --stack prod --as alice --host web --from 2026-11-01 --recovery-key incident.key",
  )
    .addOption(host().makeOptionMandatory())
    .requiredOption("--recovery-key <file>", "the private half of audit.sessionsKey, or else of recovery.publicKey")
    .option("--from <time>", "a day or a time in UTC, as 2026-11-01T08:30:00Z (default: 24 hours before --to)")
    .option("--to <time>", "a day or a time in UTC, itself excluded (default: now)")
    .option("--on <name>", "another host of the stack, which looks (default: the vault)")
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (options: VerifyJournalOptions) => (await import("./commands/auditVerifyJournal.js")).verifyJournalCommand(options)),
    );
}

function addSessionVerbs(program: Command, runs: Runs): void {
  const session = program.command("session").description("recorded root shells of people, which the vault keeps encrypted");
  verb(session, "list", "name the sessions that are kept", "session list --stack prod --as alice --host web")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: SessionListOptions) => (await import("./commands/session.js")).sessionListCommand(options)));
  verb(
    session,
    "open",
    "open one with the incident key, into a new directory; the reading is on record",
    "session open alice-20261127T081500-k3T9aB.0123456789abcdef --stack prod --host web --recovery-key incident.key --output looked-at",
  )
    .argument("<name>", "a name that session list shows")
    .addOption(host().makeOptionMandatory())
    .requiredOption("--recovery-key <file>", "the private half of audit.sessionsKey, or else of recovery.publicKey")
    .requiredOption("--output <directory>", "new directory that it is put into, decrypted")
    .addOption(as())
    .action(
      runs(async (name: string, options: SessionOpenOptions) => (await import("./commands/session.js")).sessionOpenCommand(name, options)),
    );
}

function addDutyVerbs(program: Command, runs: Runs): void {
  verb(program, "duties", "the year's work: what is overdue, due and done, by whom", "duties --stack prod")
    .option("--send", "bring the vault the record, of which it may lack lines")
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: DutiesOptions) => (await import("./commands/duties.js")).dutiesCommand(options)));
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
    .action(runs(async (duty: string, options: AttestOptions) => (await import("./commands/attest.js")).attestCommand(duty, options)));
}

function addReportVerbs(program: Command, runs: Runs): void {
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
    .action(runs(async (options: ReportMonthOptions) => (await import("./commands/reportMonth.js")).reportMonthCommand(options)));
}

function verb(program: Command, name: string, what: string, example: string, key: "key" | "no key" = "key"): Command {
  const command = program
    .command(name)
    .description(what)
    .option("--stack <name>", "the stack: its configuration is in Pulumi.<name>.yaml", "prod")
    .addHelpText("after", `\nExample:\n  npx phiward ${example}`);
  if (key === "key") command.option("--key <file>", "private key to use instead of the SSH agent's");
  return command;
}

function host(): Option {
  return new Option("--host <name>", "host of the stack");
}

function as(): Option {
  return new Option("--as <person>", "person of the stack whose account is used (default: your user name here)");
}

function json(): Option {
  return new Option("--json", "print one line of JSON");
}

function list(text: string): readonly string[] {
  return text.split(",").filter((entry) => entry !== "");
}
