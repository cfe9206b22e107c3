/** Verbs of the record, and of recorded sessions. A module is loaded when its verb is called. */
import type { Command } from "commander";
import type { AuditOptions } from "../commands/audit";
import type { AuditExportOptions } from "../commands/auditExport";
import type { VerifyExportOptions } from "../commands/auditVerifyExport";
import type { VerifyJournalOptions } from "../commands/auditVerifyJournal";
import type { SessionListOptions, SessionOpenOptions } from "../commands/session";
import { ACT_KINDS } from "../lib/audit/kinds";
import { as, host, json, type Runs, verb } from "./verb";

export function addAuditVerb(program: Command, runs: Runs): void {
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
    .action(runs(async (options: AuditOptions) => (await import("../commands/audit.js")).auditCommand(options)));
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
    .action(runs(async (options: AuditExportOptions) => (await import("../commands/auditExport.js")).auditExportCommand(options)));
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
        (await import("../commands/auditVerifyExport.js")).verifyExportCommand(file, options),
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
      runs(async (options: VerifyJournalOptions) => (await import("../commands/auditVerifyJournal.js")).verifyJournalCommand(options)),
    );
}

export function addSessionVerbs(program: Command, runs: Runs): void {
  const session = program.command("session").description("recorded root shells of people, which the vault keeps encrypted");
  verb(session, "list", "name the sessions that are kept", "session list --stack prod --as alice --host web")
    .addOption(host())
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: SessionListOptions) => (await import("../commands/session.js")).sessionListCommand(options)));
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
      runs(async (name: string, options: SessionOpenOptions) => (await import("../commands/session.js")).sessionOpenCommand(name, options)),
    );
}
