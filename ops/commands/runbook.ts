/** `phiward runbook`: the runbook of a stack, with its own names, addresses, contacts and commands. */
import type { Command } from "commander";
import { openStack, type StackOptions } from "../lib/command";
import { writeNewFile } from "../lib/newFile";
import { runbookPage } from "../lib/runbook/page";
import { print } from "../lib/terminal";

/** Options of `phiward runbook`. */
export interface RunbookOptions extends StackOptions {
  readonly output?: string;
}

/** `phiward runbook`; `program` is the command line, whose commands it may show. */
export function runbookCommand(options: RunbookOptions, program: Command): number {
  const { config, stack } = openStack(options);
  const page = runbookPage(
    config,
    stack,
    program,
    `Made ${new Date().toISOString().slice(0, 10)} from the stack's file. Print it: it is needed when nothing works.`,
  );
  if (options.output === undefined) print(page.trimEnd());
  else {
    writeNewFile("--output", options.output, page, 0o600);
    print(`${options.output}: written; print it, and keep it where it is found without a computer`);
  }
  return 0;
}
