/** Verbs of incidents. A module is loaded when its verb is called. */
import { type Command, Option } from "commander";
import { CLOCK_NAMES, FACT_NAMES } from "../../components/compliance/incidents";
import type { IncidentVerifyOptions } from "../commands/incidentExport";
import type { IncidentPageOptions, IncidentReadOptions } from "../commands/incidentRead";
import type { IncidentCloseOptions, IncidentNoteOptions, IncidentOpenOptions } from "../commands/incidentWrite";
import type { RunbookOptions } from "../commands/runbook";
import { as, json, list, type Runs, verb } from "./verb";

const NUMBER = ["<n>", "its number, as incident list shows it"] as const;

export function addIncidentVerbs(program: Command, runs: Runs): void {
  const incident = program.command("incident").description("incidents: their record, signed and kept by the vault, and their clocks");
  addWriting(incident, runs);
  addReading(incident, runs);
  addPages(incident, runs);
  verb(
    program,
    "runbook",
    "what to do when, with this stack's names, contacts and commands",
    "runbook --stack prod --output runbook.md",
    "no key",
  )
    .option("--output <file>", "new file (default: shown here)")
    .action(runs(async (options: RunbookOptions) => (await import("../commands/runbook.js")).runbookCommand(options, program)));
}

function addWriting(incident: Command, runs: Runs): void {
  writes(
    facts(
      verb(
        incident,
        "open",
        "open an incident: its clocks begin, and whom to call is shown",
        'incident open --class P1 --what "Files of web are encrypted"',
      ),
    )
      .requiredOption("--class <class>", "P1 (active breach), P2 (attempted), P3 (suspicious), P4 (a rule was broken)")
      .requiredOption("--what <text>", "what is known, in a sentence; nothing of patients"),
  ).action(runs(async (options: IncidentOpenOptions) => (await import("../commands/incidentWrite.js")).incidentOpenCommand(options)));
  writes(
    facts(
      verb(
        incident,
        "note",
        "put on record what was done or found; stops clocks",
        'incident note 1 --note "web is isolated" --done contain',
      ),
    )
      .argument(...NUMBER)
      .requiredOption("--note <text>", "what was done or found, in a sentence; nothing of patients")
      .option("--at <time>", "when it was, with its offset: 2026-11-29T08:30+01:00 (default: now)")
      .option("--class <class>", "another class than until now")
      .option("--done <clocks>", `clocks that it stops: ${CLOCK_NAMES.join(", ")}`, list)
      .option("--not-needed <clocks>", "clocks of the law that need not be stopped, for the reason in --note", list)
      .option("--action <text>", "something that is to be done, with --owner and --until")
      .option("--owner <name>", "who sees to the action")
      .option("--until <day>", "its last day, as 2027-01-31")
      .option("--action-done <number>", "an action that is done"),
  ).action(
    runs(async (n: string, options: IncidentNoteOptions) => (await import("../commands/incidentWrite.js")).incidentNoteCommand(n, options)),
  );
  writes(
    verb(
      incident,
      "close",
      "close one, of which no clock runs any more",
      'incident close 1 --cause "a stolen laptop key" --review "keys only on hardware"',
    )
      .argument(...NUMBER)
      .requiredOption("--cause <text>", "why it could happen")
      .requiredOption("--review <text>", "what went well, what did not, and what changes; who took part"),
  ).action(
    runs(async (n: string, options: IncidentCloseOptions) =>
      (await import("../commands/incidentWrite.js")).incidentCloseCommand(n, options),
    ),
  );
}

function addReading(incident: Command, runs: Runs): void {
  verb(incident, "list", "all incidents, a line for each", "incident list --stack prod --as alice")
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: IncidentReadOptions) => (await import("../commands/incidentRead.js")).incidentListCommand(options)));
  verb(incident, "status", "those that are open, with their clocks and whom to call", "incident status --stack prod --as alice")
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: IncidentReadOptions) => (await import("../commands/incidentRead.js")).incidentStatusCommand(options)));
  verb(incident, "show", "all that is on record of one", "incident show 1 --stack prod --as alice")
    .argument(...NUMBER)
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (n: string, options: IncidentReadOptions) =>
        (await import("../commands/incidentRead.js")).incidentShowCommand(n, options),
      ),
    );
}

function addPages(incident: Command, runs: Runs): void {
  verb(
    incident,
    "draft",
    "draft a notice from what is on record; what is not known is named",
    "incident draft 1 --to authority --output notice.md",
  )
    .argument(...NUMBER)
    .requiredOption("--to <whom>", "authority, persons (GDPR); individuals, media, hhs (HIPAA), entity (HIPAA, of a business associate)")
    .option("--output <file>", "new file (default: shown here)")
    .addOption(as())
    .action(
      runs(async (n: string, options: IncidentPageOptions) =>
        (await import("../commands/incidentRead.js")).incidentDraftCommand(n, options),
      ),
    );
  verb(
    incident,
    "review",
    "its times, cause, actions, and a timeline with the hosts' record",
    "incident review 1 --as alice --output review.md",
  )
    .argument(...NUMBER)
    .option("--output <file>", "new file (default: shown here)")
    .addOption(as())
    .action(
      runs(async (n: string, options: IncidentPageOptions) =>
        (await import("../commands/incidentRead.js")).incidentReviewCommand(n, options),
      ),
    );
  verb(incident, "export", "one archive of all of it, signed, to check elsewhere", "incident export 1 --as alice --key ~/.ssh/id_ed25519")
    .argument(...NUMBER)
    .option("--output <file>", "new file (default: incident-STACK-N.tar)")
    .addOption(as())
    .action(
      runs(async (n: string, options: IncidentPageOptions) =>
        (await import("../commands/incidentExport.js")).incidentExportCommand(n, options),
      ),
    );
  verb(
    incident,
    "verify",
    "check an export: its files, and every entry's signature and place",
    "incident verify incident-prod-1.tar --signers keys",
    "no key",
  )
    .argument("<file>", "the archive")
    .option("--signers <file>", "who may sign, as ALLOWED SIGNERS of ssh-keygen(1) (default: people of the stack)")
    .addOption(json())
    .action(
      runs(async (file: string, options: IncidentVerifyOptions) =>
        (await import("../commands/incidentExport.js")).incidentVerifyCommand(file, options),
      ),
    );
}

function writes(command: Command): Command {
  return command
    .option("--as <person>", "who signs, where the agent has keys of several people")
    .option("--former <names>", "people who are no longer declared, whose last entries you stand by");
}

function facts(command: Command): Command {
  return command
    .addOption(new Option("--host <names>", "hosts that are concerned, with commas between").argParser(list))
    .option("--since <time>", "when it began, with its offset: 2026-11-29T08:30+01:00")
    .option("--aware <time>", "when anybody here first knew: the law's clocks begin then (default: now)")
    .option("--data <word>", "whether patients' data is concerned: patients, none or unknown")
    .option("--persons <number>", "about how many persons are concerned")
    .option(
      "--fact <name=text>",
      `what a notice has to say: ${FACT_NAMES.join(", ")}; may be given again`,
      (word: string, before: readonly string[] | undefined) => [...(before ?? []), word],
    );
}
