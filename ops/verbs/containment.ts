/** Verbs by which an incident is contained: each asks for a word, is on record, and has a twin that undoes it. */
import { type Command, Option } from "commander";
import type { IsolateOptions } from "../commands/isolate";
import { as, json, type Runs, verb } from "./verb";

export function addContainmentVerbs(program: Command, runs: Runs): void {
  const byVault = (): Option => new Option("--by-vault", "by a signed order at the vault, where the host's SSH does not answer");
  asked(
    verb(
      program,
      "isolate",
      "cut a host off from all but administrators and its vault, and freeze its containers; it lasts over a restart",
      'isolate web --stack prod --why "unknown process listens"',
    ),
  )
    .addOption(byVault())
    .action(runs(async (name: string, options: IsolateOptions) => (await import("../commands/isolate.js")).isolateCommand(name, options)));
  asked(
    verb(
      program,
      "unisolate",
      "bring a host back as it was before it was isolated, and verify it",
      'unisolate web --stack prod --why "false alarm"',
    ),
  )
    .addOption(byVault())
    .option("--no-verify", "do not verify it at once")
    .action(
      runs(async (name: string, options: IsolateOptions) => (await import("../commands/unisolate.js")).unisolateCommand(name, options)),
    );
}

function asked(command: Command): Command {
  return command
    .argument("<host>", "host of the stack")
    .addOption(as())
    .option("--why <reason>", "the reason, for the record")
    .option("--yes", "go ahead without asking")
    .addOption(json());
}
