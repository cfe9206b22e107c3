/** Verbs of backups, their restores and what people read of databases. A module is loaded when its verb is called. */
import { type Command, Option } from "commander";
import type { BackupOptions } from "../commands/backup";
import type { RestoreOptions } from "../commands/restore";
import type { RetentionOptions } from "../commands/retention";
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
