/** Verbs of a stack's file and of deploys. A module is loaded when its verb is called. */
import { type Command, Option } from "commander";
import type { AdoptCommandOptions } from "../commands/adopt";
import type { EvidenceOptions } from "../commands/evidenceReport";
import type { ImportOptions } from "../commands/importCompose";
import type { InitOptions } from "../commands/init";
import type { PolicyOptions } from "../commands/policy";
import type { ReleaseOptions } from "../commands/release";
import type { UpOptions } from "../commands/up";
import type { ReportOptions } from "../lib/command";
import { FAIL_ON } from "../lib/failOn";
import { FORMATS } from "../lib/formats/written";
import { INIT_OPTIONS } from "../lib/init/options";
import { host, json, list, type Runs, verb } from "./verb";

export function addFirstVerbs(program: Command, runs: Runs): void {
  const init = verb(program, "init", "write the file of a new stack, with the keys that it needs", "init --stack prod", "no key");
  for (const [option, what] of INIT_OPTIONS) init.option(`--${option} <${what.value}>`, what.words);
  init.action(runs(async (options: InitOptions) => (await import("../commands/init.js")).initCommand(options)));
}

export function addImportVerb(program: Command, runs: Runs): void {
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
      runs(async (file: string, options: ImportOptions) => (await import("../commands/importCompose.js")).importCommand(file, options)),
    );
}

export function addDeployVerbs(program: Command, runs: Runs): void {
  verb(program, "adopt", "prepare an existing server, once", "adopt --stack prod --host web")
    .addOption(host().makeOptionMandatory())
    .option("--login <name>", "account that can log in now: root, or one with passwordless sudo (default: root)")
    .option("--host-key <fingerprint>", "SHA256:… of the server's host key, read from its own console")
    .option("--remove <names>", "what may be removed, comma-separated, as the command printed it", list)
    .option("--images <files>", "archives of images that are copied to the host, comma-separated", list)
    .action(runs(async (options: AdoptCommandOptions) => (await import("../commands/adopt.js")).adoptCommand(options)));
  verb(program, "preview", "show what up would change, host by host; needs no access to them", "preview --stack prod --diff")
    .option("--diff", "show Pulumi's own preview, with every line that would change")
    .action(runs(async (options: UpOptions) => (await import("../commands/up.js")).deployCommand("preview", options)));
  verb(program, "up", "deploy, and apply again what drifted or was rolled back", "up --stack prod --key ~/.ssh/id_ed25519")
    .option("--yes", "go ahead without asking; needed where there is no terminal, as in CI")
    .option("--take-over", "create containers and networks again that Pulumi's state has lost; their data stays")
    .action(runs(async (options: UpOptions) => (await import("../commands/up.js")).deployCommand("up", options)));
  // Pulumi runs it, of a program that it was given by us; it has no options, and people have no use for it.
  program
    .command("install-programs", { hidden: true })
    .action(runs(async () => (await import("../commands/installPrograms.js")).installProgramsCommand()));
  verb(program, "verify", "run every check on the running hosts, from inside and from outside", "verify --stack prod --json")
    .addOption(json())
    .action(runs(async (options: ReportOptions) => (await import("../commands/verify.js")).verifyCommand(options)));
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
    .action(runs(async (options: PolicyOptions) => (await import("../commands/policy.js")).policyCommand(options)));
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
    .action(runs(async (options: EvidenceOptions) => (await import("../commands/evidenceReport.js")).evidenceCommand(options)));
  verb(program, "release", "stop managing a host; it keeps its configuration", "release --stack prod --host web --confirm web")
    .addOption(host().makeOptionMandatory())
    .option("--confirm <name>", "the host's name again")
    .action(runs(async (options: ReleaseOptions) => (await import("../commands/release.js")).releaseCommand(options)));
}
