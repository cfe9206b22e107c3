/** What verbs of `phiward` have in common: their options, and how their help begins. */
import { type Command, Option } from "commander";

/** Makes commander's action of a verb's work, which resolves with the exit code. */
export type Runs = <Given extends unknown[]>(work: (...given: Given) => Promise<number> | number) => (...given: Given) => Promise<void>;

export function verb(program: Command, name: string, what: string, example: string, key: "key" | "no key" = "key"): Command {
  const command = program
    .command(name)
    .description(what)
    .option("--stack <name>", "the stack: its configuration is in Pulumi.<name>.yaml", "prod")
    .addHelpText("after", `\nExample:\n  npx phiward ${example}`);
  if (key === "key") command.option("--key <file>", "private key to use instead of the SSH agent's");
  return command;
}

export function host(): Option {
  return new Option("--host <name>", "host of the stack");
}

export function as(): Option {
  return new Option("--as <person>", "person of the stack whose account is used (default: your user name here)");
}

export function json(): Option {
  return new Option("--json", "print one line of JSON");
}

export function list(text: string): readonly string[] {
  return text.split(",").filter((entry) => entry !== "");
}
