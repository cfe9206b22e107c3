/** What hosts hold of secrets, and since when, as their own program says it: no value is asked for. */
import { z } from "zod";
import { programCommand } from "../../../components/plan/programs";
import { OperatorError, refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { personTarget } from "../person";
import { overSsh, type Patience } from "../ssh";
import { hostJson, oneLine } from "../terminal";

const answer = z.object({
  now: z.number(),
  held: z
    .array(
      z.object({
        kind: z.enum(["password", "key", "brought", "certificate"]),
        name: z.string(),
        epoch: z.int().nullable(),
        /** In seconds. */
        at: z.number(),
        escrowed: z.boolean(),
      }),
    )
    .max(10_000),
});

/** What a host holds. */
export interface HostHolds extends z.infer<typeof answer> {
  readonly host: string;
}

/** What one host holds. Throws OperatorError where it does not answer, or is of a version that does not know the question. */
export async function heldBy(host: HostAddress, person: string, patience: Patience): Promise<HostHolds> {
  const command = `sudo -n ${programCommand("secrets", "held").join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", patience);
  if (code !== 0) throw refusalOf(host, { code, stderr: oneLine(stderr.trim()) });
  try {
    return { host: host.name, ...hostJson(stdout, answer) };
  } catch {
    throw new OperatorError(`${host.name}: found an answer of another form, allowed: that of this version; run npx phiward up`, 2);
  }
}
