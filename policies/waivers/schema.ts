/** What an entry of a stack's file of waivers looks like. */
import { z } from "zod";
import { day, text } from "../../components/config/sections/values";

/** Days ahead that a waiver may expire at most. */
export const LONGEST_DAYS = 180;

const SHORTEST_REASON = 20;
const WHOLE_LINE = /^(?=\S)[^\p{Cc}\p{Zl}\p{Zp}]{1,200}(?<=\S)$/u;

// A reason may be folded over several lines.
function characters(reason: string): number {
  return reason.trim().replaceAll(/\s+/g, " ").length;
}

/** One entry. What it refers to, and who may approve it, is judged once all entries are read. */
export const entrySchema = z.strictObject({
  rule: text("the id of a rule, such as container-limited, or of a host's check", /^[A-Za-z0-9][A-Za-z0-9.-]{0,199}$/),
  resource: text(
    "the name of one resource or host as a report shows it, TYPE::NAME, HOST/UNIT, or stack",
    (value) => WHOLE_LINE.test(value) && !/^\*+$/.test(value),
  ),
  finding: text(
    "the fingerprint of one finding: 16 hexadecimal digits, with -NUMBER for a further one",
    /^[0-9a-f]{16}(-[1-9]\d{0,3})?$/,
  ).optional(),
  reason: text(`${String(SHORTEST_REASON)} characters or more`, (value) => characters(value) >= SHORTEST_REASON),
  owner: text("who sees to it, on one line", WHOLE_LINE),
  approver: text("who has agreed, on one line", WHOLE_LINE),
  ticket: text("where it is followed up, on one line", WHOLE_LINE),
  expires: day,
  baseline: z.literal(true, { error: "true, as npx phiward policy --baseline writes it" }).optional(),
});

/** An entry that has its form. */
export type Entry = z.infer<typeof entrySchema>;

/** Whether two names are the same person's, as far as letters go. */
export function samePerson(one: string, other: string): boolean {
  const plain = (name: string): string => name.normalize("NFKC").replaceAll(/\s+/g, " ").trim().toLowerCase();
  return plain(one) === plain(other);
}

/** The day in UTC at a point in time, as YYYY-MM-DD. */
export function utcDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Days from one day to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}
