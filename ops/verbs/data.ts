/** Verbs of backups, their restores and what people read of databases. A module is loaded when its verb is called. */
import { type Command, Option } from "commander";
import type { BackupOptions } from "../commands/backup";
import type { PhiOptions, PhiRotateOptions } from "../commands/phi";
import type { PhiProtectOptions } from "../commands/phiProtect";
import type { RestoreOptions } from "../commands/restore";
import type { RetentionOptions } from "../commands/retention";
import type { SubjectEraseOptions, SubjectExportOptions, SubjectOptions } from "../commands/subject";
import { as, host, json, type Runs, verb } from "./verb";

export function addDataVerbs(program: Command, runs: Runs): void {
  verb(program, "backup", "back a host up now", "backup --stack prod --host web")
    .addOption(host().makeOptionMandatory())
    .addOption(
      new Option("--new-repository <repository>", "where the repository that the host knew is gone for good").choices(["local", "offsite"]),
    )
    .addOption(json())
    .action(runs(async (options: BackupOptions) => (await import("../commands/backup.js")).backupCommand(options)));
  verb(
    program,
    "restore",
    "restore a database, a file or everything; recorded with who and why; over live data on the word of two people",
    'restore --stack prod --host web --what database:api --from offsite --why "a drill"',
  )
    .addOption(host().makeOptionMandatory())
    .option("--what <what>", "all, database:NAME, volume:SERVICE/NAME or file:/PATH")
    .addOption(new Option("--from <repository>", "where the backup is read from").choices(["local", "offsite"]).default("local"))
    .option("--why <reason>", "the reason, in words")
    .option("--who <name>", "who asks for it (default: whose key signs, or your user name here)")
    .option("--snapshot <id>", "a backup run or one of its snapshots (default: the newest complete run)")
    .option("--before <time>", "the newest run that was there before this time, as 2026-11-01T08:30:00Z")
    .option("--into <directory>", "directory on the host that a file is restored into, instead of its original path")
    .option("--unsigned", "restore a backup that the host did not sign, such as one of an earlier version; on record")
    .option("--sign <request>", "sign a colleague's request for a restore over live data, which needs two people")
    .option("--approval <signature>", "carry a request out: its signature FILE.sig by a second person, beside the request FILE")
    .option("--emergency", "at once, on your word alone, where two people are declared; on record, and everybody is alerted")
    .option("--without-erasures <reason>", "also where erased persons cannot be erased again; on record, and everybody is alerted")
    .option("--recovery-key <file>", "the owner's recovery key, for a host that is lost: age's own, or an SSH private key")
    .addOption(json())
    .action(runs(async (options: RestoreOptions) => (await import("../commands/restore.js")).restoreCommand(options)));
  verb(
    program,
    "retention",
    "count the rows of databases whose time is over, or approve the rule that ends them",
    "retention --stack prod --as alice --approve sessions",
  )
    .addOption(host())
    .addOption(as())
    .option("--approve <rule>", "let this rule, whose rows were counted, end them from the next run on")
    .addOption(json())
    .action(runs(async (options: RetentionOptions) => (await import("../commands/retention.js")).retentionCommand(options)));
}

export function addPhiVerbs(program: Command, runs: Runs): void {
  const phi = program.command("phi").description("patients' columns: which key they are with, and another one");
  verb(phi, "status", "show how far rows are with the present key", "phi status --stack prod --as alice")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: PhiOptions) => (await import("../commands/phi.js")).phiStatusCommand(options)));
  verb(
    phi,
    "rotate",
    "bring rows to the present key now, some at a time, and show how far it is; ended here, the host goes on",
    "phi rotate --stack prod --as alice",
  )
    .addOption(host())
    .addOption(as())
    .option("--stop", "stop it on the host as well; the next run goes on where it was")
    .addOption(json())
    .action(runs(async (options: PhiRotateOptions) => (await import("../commands/phi.js")).phiRotateCommand(options)));
  verb(
    phi,
    "protect",
    "take a plain column over into an encrypted one beside it, while the application runs; ended, it goes on when given again",
    "phi protect notes-api notes body --stack prod --as alice",
  )
    .argument("<database>", "the service of phi.databases")
    .argument("<table>", "[SCHEMA.]TABLE of the service's own")
    .argument("<column>", "its plain column; the encrypted one is COLUMN__phi")
    .option("--finish", "drop the plain column, once each row was compared again and the application uses the encrypted one")
    .option("--undo", "drop the encrypted column, before the plain one is dropped")
    .addOption(host())
    .addOption(as())
    .action(
      runs(async (database: string, table: string, column: string, options: PhiProtectOptions) =>
        (await import("../commands/phiProtect.js")).phiProtectCommand(database, table, column, options),
      ),
    );
}

export function addSubjectVerbs(program: Command, runs: Runs): void {
  const subject = program.command("subject").description("data of one person: requests, an export for them, its erasure");
  verb(subject, "list", "list requests that wait for an answer, without names", "subject list --stack prod --as alice")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: SubjectOptions) => (await import("../commands/subject.js")).subjectListCommand(options)));
  verb(subject, "request", "put a person's request on record, which is answered within a month", "subject request 4711 --stack prod")
    .argument("<ref>", "the person's number or code in the databases, or - to read it from standard input")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (ref: string, options: SubjectOptions) => (await import("../commands/subject.js")).subjectRequestCommand(ref, options)),
    );
  verb(
    subject,
    "export",
    "write all that the databases have of a person, encrypted to a key: JSON, and a page to read",
    "subject export 4711 --stack prod --recipient age1... --out data.age",
  )
    .argument("<ref>", "the person's number or code in the databases, or - to read it from standard input")
    .requiredOption("--recipient <key>", "age recipient, or an SSH public key: its private half alone opens the file")
    .requiredOption("--out <file>", "new file")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (ref: string, options: SubjectExportOptions) =>
        (await import("../commands/subject.js")).subjectExportCommand(ref, options),
      ),
    );
  verb(
    subject,
    "erase",
    "erase a person, also from each later restore, and write a signed certificate",
    'subject erase 4711 --stack prod --why "their letter of 3 May, request 12"',
  )
    .argument("<ref>", "the person's number or code in the databases, or - to read it from standard input")
    .requiredOption("--why <reason>", "what asks for it, in 20 characters or more; nothing of the person")
    .option("--out <file>", "new file for the certificate (default: erasure-ENTRY.json)")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (ref: string, options: SubjectEraseOptions) => (await import("../commands/subject.js")).subjectEraseCommand(ref, options)),
    );
  verb(
    subject,
    "again",
    "erase persons again in databases that were restored without their erasures",
    "subject again --stack prod --as alice",
  )
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: SubjectOptions) => (await import("../commands/subject.js")).subjectAgainCommand(options)));
}
