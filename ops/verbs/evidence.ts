/** Verbs of an incident's evidence: taken of a host, looked at elsewhere. A module is loaded when its verb is called. */
import type { Command } from "commander";
import type { EvidenceOpenOptions } from "../commands/evidenceOpen";
import type { EvidenceTakeOptions } from "../commands/evidenceTake";
import type { EvidenceVerifyOptions } from "../commands/evidenceVerify";
import type { InvestigateOptions } from "../commands/investigate";
import { as, json, type Runs, verb } from "./verb";

const KEY = "the private half of audit.sessionsKey, or else of recovery.publicKey";

export function addEvidenceVerbs(program: Command, runs: Runs): void {
  const evidence = verb(
    program,
    "evidence",
    "take a host's evidence off it, encrypted to the incident key, before anything else is done to it",
    "evidence web --stack prod --as alice",
  );
  evidence
    .argument("<host>", "the host")
    .option("--output <file>", "new file (default: evidence-HOST-TIME.tar.age)")
    .option("--since <time>", "a day or a time in UTC: of logs and changes what came after it (default: 48 hours ago)")
    .option("--memory", "also all memory, as the kernel shows it: minutes to hours, and as much room here as the host has RAM")
    .option("--yes", "go ahead without asking; needed where there is no terminal")
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (host: string, options: EvidenceTakeOptions) =>
        (await import("../commands/evidenceTake.js")).evidenceTakeCommand(host, options),
      ),
    );
  // Else it would take the options that its own verbs have too.
  addLookVerbs(evidence.enablePositionalOptions(), runs);
}

function addLookVerbs(evidence: Command, runs: Runs): void {
  evidence
    .command("verify")
    .description("whether evidence is as it was taken, on any machine: without a key its hash and signature, with it every byte")
    .addHelpText("after", "\nExample:\n  npx phiward evidence verify evidence-web.tar.age --recovery-key incident.key")
    .argument("<file>", "the file")
    .option("--recovery-key <file>", KEY)
    .option("--sha256 <hash>", "the file's SHA-256, as the record has it")
    .option("--head <hash>", "the head of the chain, as the record has it")
    .option("--host-key <key>", "the host's SSH key, as the stack's file has it (default: the one beside the file)")
    .addOption(json())
    .action(
      runs(async (file: string, options: EvidenceVerifyOptions) =>
        (await import("../commands/evidenceVerify.js")).evidenceVerifyCommand(file, options),
      ),
    );
  verb(
    evidence,
    "open",
    "put its items into a new directory; the reading is on record first",
    "evidence open evidence-web.tar.age --stack prod --as alice --recovery-key incident.key --output looked-at",
  )
    .argument("<file>", "the file")
    .requiredOption("--recovery-key <file>", KEY)
    .requiredOption("--output <directory>", "new directory")
    .option("--unrecorded <reason>", "open it where no vault takes the record of it, and say why")
    .addOption(as())
    .action(
      runs(async (file: string, options: EvidenceOpenOptions) =>
        (await import("../commands/evidenceOpen.js")).evidenceOpenCommand(file, options),
      ),
    );
}

export function addInvestigateVerb(program: Command, runs: Runs): void {
  verb(
    program,
    "investigate",
    "what changed on a host since the last deploy that succeeded, judged by a program that is sent along, and the record of that time",
    "investigate web --stack prod --as alice",
  )
    .argument("<host>", "the host")
    .option("--evidence <file>", "what phiward evidence took of it, in place of the host itself; needs --recovery-key")
    .option("--recovery-key <file>", KEY)
    .option("--since <time>", "a day or a time in UTC (default: that of the last deploy that succeeded)")
    .addOption(as())
    .addOption(json())
    .action(
      runs(async (host: string, options: InvestigateOptions) =>
        (await import("../commands/investigate.js")).investigateCommand(host, options),
      ),
    );
}
