/** Acts of containment on one host or on all: who or what is kept out, and what each host says of it. */
import { z } from "zod";
import { programCommand } from "../../../components/plan/programs";
import { hostOf, type ResolvedStack, report, resolvedStack } from "../command";
import { OperatorError, refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { personOf, personTarget } from "../person";
import { withProgress } from "../progress";
import { overSsh } from "../ssh";
import { hostJson } from "../terminal";
import { type ContainmentOptions, reasonOf } from "./request";

/** Options that these verbs share. */
export interface EverywhereOptions extends ContainmentOptions {
  /** One host; all of the stack without it. */
  readonly host?: string;
}

const kept = z.object({ seconds: z.number(), kept: z.array(z.string()), notDone: z.array(z.string()) });

/** What one host did, or why not. */
export type Done = { readonly host: string } & (z.infer<typeof kept> | { readonly refused: string });

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
  const request = JSON.stringify({ what, why, ...(seconds === undefined ? {} : { seconds }) });
  const hosts = await withProgress("asking the hosts", () => Promise.all(asked.map((host) => doneOn(stack, host, person, verb, request))));
  const total = (Date.now() - began) / 1000;
  report(options.json, { act: verb, hosts, who: person, totalSeconds: total }, doneText(hosts, words, total));
  return hosts.every((done) => !("refused" in done) && done.notDone.length === 0) ? 0 : 1;
}

async function doneOn({ context }: ResolvedStack, host: HostAddress, person: string, verb: string, request: string): Promise<Done> {
  const command = `exec sudo -n ${programCommand("isolation", verb).join(" ")}`;
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, request, { ...context.patience, retries: 1 });
  if (code !== 0) return { host: host.name, refused: refusalOf(host, { code, stderr }).message };
  try {
    return { host: host.name, ...hostJson(stdout, kept) };
  } catch (error) {
    if (error instanceof OperatorError) return { host: host.name, refused: error.message };
    throw error;
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
