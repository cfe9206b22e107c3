/** What commands say of duties beside what they are about. */
import type { OpenStack } from "../command";
import { OperatorError } from "../errors";
import { warn } from "../terminal";
import { loadDuties } from "./file";
import type { DutyRecord } from "./record";
import { dutyStates } from "./states";
import type { Sent } from "./vault";

/** Says whose lines at the end of a record count for nothing yet. */
export function warnUnvouched({ unvouched }: DutyRecord): void {
  if (unvouched.length > 0)
    warn(
      `the last lines of the record, of ${unvouched.join(", ")}, are by keys that people in the stack's file do not declare: they count once someone who is declared attests a duty with --former ${unvouched.join(",")}`,
    );
}

/** What is to be said of a record that was sent. Throws OperatorError where a vault refused it, with the vault's own sentence. */
export function sentWords(sent: readonly Sent[]): readonly string[] {
  const refused = sent.flatMap((one) => (one.kind === "refused" ? [`${one.vault}: ${one.why}`] : []));
  if (refused.length > 0) throw new OperatorError(refused.join("\n"), 1);
  return sent.flatMap((one) =>
    one.kind === "unasked"
      ? [`${one.vault} does not have it yet (${one.why}): the next attest by someone with sudo sends it, or npx phiward duties --send`]
      : [],
  );
}

/** A line that names the duties which are overdue, or the fault of their record; undefined where there is nothing to say. Never throws OperatorError. */
export function overdueLine(open: OpenStack, today = new Date().toISOString().slice(0, 10)): string | undefined {
  try {
    const overdue = dutyStates(today, loadDuties(open)).filter(({ standing }) => standing === "overdue");
    if (overdue.length === 0) return undefined;
    return `duties overdue: ${overdue.map(({ duty }) => duty.id).join(", ")}; npx phiward duties --stack ${open.stack} says what each is`;
  } catch (error) {
    if (error instanceof OperatorError) return `duties: ${error.message}`;
    throw error;
  }
}
