/** Acts of containment on one host or on all: who or what is kept out, and what each host says of it. */
import { z } from "zod";
import { programCommand } from "../../../components/plan/programs";
import { hostOf, type ResolvedStack, report, resolvedStack } from "../command";
import { OperatorError, refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { personOf, personTarget } from "../person";
import { withProgress } from "../progress";
import { overSsh, type Patience } from "../ssh";
import { hostJson } from "../terminal";
import { type ContainmentOptions, reasonOf } from "./request";

/** Options that these verbs share. */
export interface EverywhereOptions extends ContainmentOptions {
  /** One host; all of the stack without it. */
  readonly host?: string;
}

const kept = z.object({ seconds: z.number(), kept: z.array(z.string()), notDone: z.array(z.string()) });
type Kept = z.infer<typeof kept>;

/** What one host did, or why not. */
export type Done = { readonly host: string } & (Kept | { readonly refused: string });

/** The act, by its word on the host. */
export interface Act {
  readonly verb: "block" | "unblock" | "lock" | "unlock" | "revoke" | "unrevoke" | "kill-sessions";
  readonly what: string;
  readonly seconds?: number;
  /** What is said where it was done. */
  readonly words: string;
}

/** Does it, and prints what each host said: 0 where all of it was done everywhere. */
export async function everywhere(options: EverywhereOptions, actOf: (stack: ResolvedStack, person: string) => Act): Promise<number> {
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const why = reasonOf(options.why);
  const { verb, what, seconds, words } = actOf(stack, person);
  const asked = options.host === undefined ? stack.hosts : [hostOf(stack, options.host, ["application", "vault"])];
  const began = Date.now();
  const act = { verb, what, why, ...(seconds === undefined ? {} : { seconds }) };
  const hosts = await withProgress("asking the hosts", () =>
    Promise.all(asked.map((host) => doneOn(host, person, act, stack.context.patience))),
  );
  const total = (Date.now() - began) / 1000;
  report(options.json, { act: verb, hosts, who: person, totalSeconds: total }, doneText(hosts, words, total));
  return hosts.every((done) => !("refused" in done) && done.notDone.length === 0) ? 0 : 1;
}

async function doneOn(host: HostAddress, person: string, act: AskedAct, patience: Patience): Promise<Done> {
  try {
    return { host: host.name, ...(await actOn(host, person, act, patience)) };
  } catch (error) {
    if (error instanceof OperatorError) return { host: host.name, refused: error.message };
    throw error;
  }
}

/** An act as a host is asked for it: `what` and `why` go on its record; `seconds` is for how long a network is blocked. */
export type AskedAct = Pick<Act, "verb" | "what" | "seconds"> & { readonly why: string };

/** Has one host do it as a person. Throws OperatorError: of code 1 with the host's sentence where it refuses, of 2 where it does not answer. */
export async function actOn(host: HostAddress, person: string, { verb, ...request }: AskedAct, patience: Patience): Promise<Kept> {
  const command = `exec sudo -n ${programCommand("isolation", verb).join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, JSON.stringify(request), { ...patience, retries: 1 });
  if (code !== 0) throw refusalOf(host, { code, stderr });
  try {
    return hostJson(stdout, kept);
  } catch {
    throw new OperatorError(`${host.name}: found another answer than a host gives, allowed: what it keeps out now`, 2);
  }
}

/** What was done, for people. */
export function doneText(hosts: readonly Done[], words: string, seconds: number): string {
  const lines = hosts.flatMap((done) =>
    "refused" in done
      ? [`! ${done.refused}`]
      : [`${done.host}: ${words} in ${done.seconds.toFixed(1)} s`, ...done.notDone.map((left) => `! ${done.host}: ${left}`)],
  );
  return [...lines, `${seconds.toFixed(1)} s in all; npx phiward status says what is kept out`].join("\n");
}
