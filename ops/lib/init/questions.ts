/** Answers of a person: from options of the command, or asked at the terminal, each judged as it comes in by the schema itself. */
import type { z } from "zod";
import { OperatorError } from "../errors";

/** One question. */
export interface Question {
  /** The option that answers it, without hyphens. */
  readonly option: string;
  readonly words: string;
  /** What is allowed, where the answer is not; undefined for a good answer. */
  readonly fault: (answer: string) => string | undefined;
  /** Taken for an empty answer. */
  readonly standard?: string | undefined;
  /** An empty answer is a good one. */
  readonly optional?: boolean;
}

/** Asks at a terminal, and says why an answer is not allowed; undefined where there is none. */
export type Ask = ((prompt: string) => Promise<string>) | undefined;

/** Takes answers one after another. Without a terminal every fault of the options comes at once, in `close`. */
export class Questions {
  readonly #faults: string[] = [];

  constructor(
    private readonly given: Readonly<Record<string, string | undefined>>,
    private readonly ask: Ask,
    private readonly say: (line: string) => void,
  ) {}

  /** The answer; an empty text where none is needed, or where `close` will refuse it. */
  async answer(question: Question): Promise<string> {
    const given = this.given[question.option];
    if (given !== undefined) return this.#judged(question, given.trim(), "another text");
    if (this.ask !== undefined) return this.#asked(question, this.ask);
    const standard = question.standard ?? "";
    return standard === "" && question.optional === true ? "" : this.#judged(question, standard, "nothing");
  }

  /** Throws OperatorError with all that is missing or not allowed. */
  close(): void {
    if (this.#faults.length > 0) throw new OperatorError(this.#faults.join("\n"), 2);
  }

  #judged(question: Question, answer: string, found: string): string {
    const allowed = question.fault(answer);
    if (allowed === undefined) return answer;
    // What was typed is not repeated: it may be a key that was pasted in the wrong place.
    this.#faults.push(`--${question.option}: found ${found}, allowed: ${allowed} (${question.words})`);
    return "";
  }

  async #asked(question: Question, ask: (prompt: string) => Promise<string>): Promise<string> {
    const { words, standard = "", optional = false } = question;
    const hint = standard !== "" ? ` [${standard}]` : optional ? " [none]" : "";
    for (;;) {
      const typed = (await ask(`${words}${hint}: `)).trim();
      const answer = typed === "" ? standard : typed;
      if (answer === "" && optional) return "";
      const allowed = question.fault(answer);
      if (allowed === undefined) return answer;
      this.say(`  allowed: ${allowed}`);
    }
  }
}

/** Judges an answer by a part of the schema, whose own message says what is allowed. */
export function by(schema: z.ZodType): Question["fault"] {
  return (answer) => schema.safeParse(answer).error?.issues[0]?.message;
}

/** The same for an answer of several parts with commas between them; at least one. */
export function eachBy(schema: z.ZodType): Question["fault"] {
  const fault = by(schema);
  return (answer) => {
    const parts = listed(answer);
    return parts.length === 0 ? fault("") : parts.map(fault).find((allowed) => allowed !== undefined);
  };
}

/** One of a few words. */
export function oneOf(...words: readonly string[]): Question["fault"] {
  return (answer) => (words.includes(answer) ? undefined : words.join(" or "));
}

/** The parts of an answer with commas between them. */
export function listed(answer: string): readonly string[] {
  return answer
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
