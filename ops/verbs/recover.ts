/** Verbs of recovery, and of practising it. A module is loaded when its verb is called. */
import { Argument, type Command } from "commander";
import type { DrillOptions } from "../commands/drill";
import type { RecoverOptions } from "../commands/recover";
import { as, list, type Runs, verb } from "./verb";

export function addRecoverVerbs(program: Command, runs: Runs): void {
  verb(
    program,
    "recover",
    "put a clean server in the place of a host that is lost or in another's hands; given again, it goes on where it was",
    'recover web --stack prod --onto 203.0.113.9 --before 2026-11-01T08:30:00Z --recovery-key FILE --why "INC-7" --confirm web',
  )
    .argument("<host>", "host of the stack")
    .requiredOption("--onto <address>", "a fresh Debian server that you can log in to as root")
    .option("--before <time>", "when the incident began: backups that the vault got later do not count (default: the newest counts)")
    .requiredOption("--recovery-key <file>", "the owner's recovery key: age's own, or an SSH private key")
    .requiredOption("--why <reason>", "the reason, in words; on record with the restore")
    .option("--host-key <fingerprint>", "SHA256:… of the new server's host key, as its own console shows it")
    .addOption(as())
    .option("--login <name>", "who can log in to the new server now (default: root)")
    .option("--remove <names>", "names of what may be removed there, as this command prints them", list)
    .option("--images <files>", "archives of images that are copied to it, as adopt takes them", list)
    .option("--confirm <host>", "the host's name once more")
    .action(runs(async (name: string, options: RecoverOptions) => (await import("../commands/recover.js")).recoverCommand(name, options)));
  addDrillVerb(program, runs);
}

/** What can be practised, in the order in which it is; the sandbox has a file for each. */
export const INCIDENTS: readonly string[] = ["stolen-key", "breach", "insider", "ransomware", "lost-host"];

function addDrillVerb(program: Command, runs: Runs): void {
  program
    .command("drill")
    .description("practise an incident in a sandbox of its own on this machine, and time each part of the answer")
    .addArgument(new Argument("<incidents...>", "what happens, one after another in one sandbox").choices([...INCIDENTS, "all"]))
    .option("--attest <stack>", "put it on record for the duty incident-practised of this stack, signed by your key")
    .option("--as <person>", "who signs, where the agent has keys of several")
    .option("--key <file>", "private key to sign with instead of the SSH agent's")
    .addHelpText("after", "\nExample:\n  npx phiward drill ransomware lost-host --attest prod")
    .action(
      runs(async (incidents: readonly string[], options: DrillOptions) => {
        const names = incidents.includes("all") ? INCIDENTS : incidents;
        return (await import("../commands/drill.js")).drillCommand(names, options);
      }),
    );
}
