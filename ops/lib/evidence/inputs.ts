/** What an evidence report is made of: the policies' record and that of verify, each made now or read from a file. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { OperatorError } from "../errors";
import { acceptance, verifyRecord } from "../verifyRecord";

const accepted = acceptance.pick({ reason: true, owner: true, approver: true, expires: true });

/** A fault that is accepted for a time, as far as a report shows it. */
export type Accepted = z.infer<typeof accepted>;

const rule = z.object({
  id: z.string(),
  controls: z.array(z.string()).readonly(),
  enforcementLevel: z.enum(["advisory", "mandatory"]),
  remedy: z.string(),
});
const common = { rule, places: z.array(z.object({ where: z.string() })).readonly() };
// What was found is left out: a report repeats no value, and its readers need none.
const finding = z.object({ at: z.string() });

/** What a report reads of the policies' record (ops/lib/record.ts). */
export const policyInput = z.object({
  stack: z.string(),
  date: z.iso.datetime().optional(),
  results: z
    .array(
      z.discriminatedUnion("outcome", [
        z.object({ ...common, outcome: z.literal("fail"), finding }),
        z.object({ ...common, outcome: z.literal("waived"), finding, waiver: accepted }),
        z.object({ ...common, outcome: z.literal("unknown"), at: z.string() }),
        z.object({ ...common, outcome: z.literal("pass") }),
        z.object({ ...common, outcome: z.literal("not-applicable") }),
      ]),
    )
    .readonly(),
});
/** What a report reads of the policies' record. */
export type PolicyInput = z.infer<typeof policyInput>;

/** What a report reads of the record of verify; what was expected and seen stays out. */
export const verifyInput = verifyRecord.extend({
  hosts: z
    .array(
      z.object({
        host: z.string(),
        results: z
          .array(
            z.object({
              id: z.string(),
              status: z.enum(["pass", "fail", "skipped"]),
              reason: z.string().optional(),
              waiver: accepted.optional(),
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
  unanswered: z.array(z.object({ host: z.string() })).readonly(),
});
/** What a report reads of the record of verify. */
export type VerifyInput = z.infer<typeof verifyInput>;

/** A record, and where it is from. */
export interface Input<Kind> {
  readonly record: Kind;
  /** SHA-256 of the file that it was read from, hexadecimal; nothing where it was made for the report. */
  readonly sha256?: string;
}

/**
 * Reads a record of this stack from a file. Throws OperatorError, which repeats nothing of the file, where it is not one, is another
 * stack's or is dated after `now`.
 */
export function readInput<Kind extends { readonly stack: string; readonly date?: string | undefined }>(
  option: string,
  path: string,
  form: z.ZodType<Kind>,
  { stack, now, made }: { readonly stack: string; readonly now: Date; readonly made: string },
): Input<Kind> {
  const refuse = (found: string): OperatorError => new OperatorError(`${option}: found ${found} in ${path}, allowed: ${made}`, 2);
  const bytes = bytesOf(option, path, made);
  const { data: record, error } = form.safeParse(parsed(bytes));
  if (error !== undefined) throw refuse(`no such record (${error.issues[0]?.path.map(String).join(".") || "no JSON object"})`);
  if (record.stack !== stack) throw refuse("the record of another stack");
  if (record.date !== undefined && Date.parse(record.date) > now.getTime() + CLOCKS_APART) throw refuse("a date that is yet to come");
  return { record, sha256: createHash("sha256").update(bytes).digest("hex") };
}

// Of the machine that made the record and this one, in milliseconds.
const CLOCKS_APART = 5 * 60_000;

function bytesOf(option: string, path: string, made: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new OperatorError(`${option}: cannot read ${path}, allowed: ${made}`, 2);
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
