/** What the commands of containment share: the reason, and a host's program as a person with sudo. */
import { z } from "zod";
import { programCommand } from "../../../components/plan/programs";
import type { ReportOptions } from "../command";
import { OperatorError, refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { personTarget } from "../person";
import { overSsh, type Patience } from "../ssh";
import { hostJson } from "../terminal";

/** Options that they have in common. */
export interface ContainmentOptions extends ReportOptions {
  readonly as?: string;
  readonly why?: string;
  readonly yes?: boolean;
}

/** The reason as it goes on record. Throws OperatorError for one that is none. */
export function reasonOf(why: string | undefined): string {
  const reason = why ?? "no reason given";
  if (/^[!-~](?:[ -~]{0,298}[!-~])?$/.test(reason)) return reason;
  throw new OperatorError("--why: found something else, allowed: the reason, in 1 to 300 printable characters of ASCII", 2);
}

/** What a host says of its isolation. */
export const isolationAnswer = z.object({
  since: z.string().nullable(),
  who: z.string(),
  why: z.string(),
  /** Whether it was so before. */
  again: z.boolean(),
  seconds: z.number(),
  /** Seconds until the network was cut. */
  cutSeconds: z.number().optional(),
  frozen: z.number().optional(),
  thawed: z.number().optional(),
  lasting: z.boolean().optional(),
  notDone: z.array(z.string()),
});
/** What a host says of its isolation. */
export type IsolationAnswer = z.infer<typeof isolationAnswer>;

/** Has a host's program of isolation do something, which goes on its record. Throws OperatorError with the host's sentence. */
export async function askIsolation(
  host: HostAddress,
  person: string,
  verb: "isolate" | "unisolate",
  why: string,
  patience: Patience,
): Promise<IsolationAnswer> {
  const command = `exec sudo -n ${programCommand("isolation", verb).join(" ")}`;
  // Somebody waits who is in a hurry: one more try, and then there is another way.
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, JSON.stringify({ why }), { ...patience, retries: 1 });
  if (code === 255)
    throw new OperatorError(
      `${host.name}: ${stderr.trim()}\n${host.name}: its SSH does not answer; npx phiward ${verb} ${host.name} --by-vault leaves a signed order at the vault, which the host asks for each minute`,
      2,
    );
  if (code !== 0) throw refusalOf(host, { code, stderr });
  return hostJson(stdout, isolationAnswer);
}
