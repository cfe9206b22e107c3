/** Verbs of secrets. A module is loaded when its verb is called. */
import type { Command } from "commander";
import type { SecretsOptions } from "../commands/secrets";
import type { RotateOptions } from "../commands/secretsRotate";
import { as, json, type Runs, verb } from "./verb";

export function addSecretsVerbs(program: Command, runs: Runs): void {
  const secrets = verb(
    program,
    "secrets",
    "every secret: who uses it, since when it is there, when it is due, where its escrow is; no value is asked for",
    "secrets --stack prod --as alice",
  );
  secrets
    .addOption(as())
    .addOption(json())
    .action(runs(async (options: SecretsOptions) => (await import("../commands/secrets.js")).secretsCommand(options)));
  // Else it would take the options that its own verb has too.
  verb(
    secrets.enablePositionalOptions(),
    "rotate",
    "raise the epoch of a secret in the stack's file, and say how one that you bring is replaced; up does the rest",
    "secrets rotate db-api --stack prod",
    "no key",
  )
    .argument("[name]", "a name that secrets shows, or a database for all of its logins")
    .option("--all", "all that hosts create, but for what services have escrowed: something may be locked by it")
    .action(
      runs(async (name: string | undefined, options: RotateOptions) =>
        (await import("../commands/secretsRotate.js")).secretsRotateCommand(name, options),
      ),
    );
}
