/** Asks at the terminal for a word, before something that cannot be done by mistake. */
import { createInterface } from "node:readline/promises";
import { OperatorError } from "./errors";

/** What is about to be done, and whether the command line has agreed to it already. */
export interface Confirmation {
  /** What will happen, as a sentence. */
  readonly what: string;
  /** The word that agrees. */
  readonly word: string;
  readonly yes?: boolean | undefined;
}

/** Returns once it is agreed to. Throws OperatorError where another word is typed, or there is neither --yes nor a terminal. */
export async function requireWord({ what, word, yes = false }: Confirmation): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY)
    throw new OperatorError("--yes: found neither it nor a terminal to ask at, allowed: --yes, which goes ahead without asking", 2);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => {
    terminal.once("close", () => {
      resolve("");
    });
  });
  const answer = await Promise.race([terminal.question(`${what} Type ${word}: `), closed]);
  terminal.close();
  if (answer.trim() !== word) throw new OperatorError(`found another word, allowed: ${word}; nothing was done`, 1);
}
