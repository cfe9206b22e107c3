/** What a deploy asks its hosts before it begins: how they differ, and in the same round trip all that it would ask at its end. */
import type { StackConfig } from "../../components/config/schema";
import type { Questions } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import { ask, type CheckResult, statusAnswer } from "./agent";
import type { StackContext } from "./context";
import { OperatorError } from "./errors";
import { type HostAddress, hostAddresses } from "./hosts";
import { deployTarget } from "./ssh";
import { type Stale, staleUnits } from "./stale";
import { oneLine, warn } from "./terminal";
import { acceptedToday, allHold, verifyQuestions } from "./verifyQuestions";

/** Results of all checks, by host. */
export type Verified = ReadonlyMap<string, readonly CheckResult[]>;

/** What hosts answered before a deploy. */
export interface Asked {
  readonly stale: readonly Stale[];
  /** Hosts whose units are as declared, with a check that fails all the same: a deploy asks them again, and fails if it still does. */
  readonly failing: readonly string[];
  /** Where every unit is as declared and nothing fails: the verification of a deploy that changes nothing. */
  readonly verified: Verified;
}

/** Where no host is asked. */
export const NOT_ASKED: Asked = { stale: [], failing: [], verified: new Map() };

/** Asks every host which of its units are not as declared, and its checks. A host that cannot be asked is an OperatorError. */
export async function askHosts(
  config: StackConfig,
  context: StackContext,
  hosts: readonly HostAddress[] = hostAddresses(config),
): Promise<Asked> {
  const accepted = acceptedToday(config, context);
  const answers = await Promise.all(
    hosts.map(async ({ name, address, hostKey }) => {
      const plans = hostPlans(config, name);
      const verify = verifyQuestions(config, name, accepted);
      const status = await ask(
        deployTarget({ address, hostKey }),
        { mode: "status", plans, secrets: {}, verify },
        statusAnswer,
        context.patience,
      ).catch((error: unknown) => {
        if (error instanceof OperatorError)
          throw new OperatorError(
            `${error.message}\n${name}: could not query its status. A new server needs npx phiward adopt --host ${name} first; a host that just became unreachable rolls back within ${String(config.deadMan.seconds)} s`,
            2,
          );
        throw error;
      });
      requireOpen(name, status.isolated ?? null);
      for (const line of status.contained ?? [])
        warn(`${name}: ${oneLine(line)}: the deploy leaves it so, whatever the stack's file declares`);
      return { host: name, stale: staleUnits(name, plans, status), questions: verify, results: status.results ?? undefined };
    }),
  );
  return asked(answers);
}

/** Throws OperatorError where a host is isolated: a deploy would change what is evidence, and could end what keeps it apart. */
export function requireOpen(host: string, isolated: string | null): void {
  if (isolated !== null)
    throw new OperatorError(`${host}: it is ${isolated}. Nothing was deployed; npx phiward unisolate ${host} brings it back`, 1);
}

/** What one host answered: no results where a deploy has still to change it. */
export interface Answer {
  readonly host: string;
  readonly stale: readonly Stale[];
  readonly questions: Questions;
  readonly results: readonly CheckResult[] | undefined;
}

/** What the answers of all hosts come to. */
export function asked(answers: readonly Answer[]): Asked {
  const whole = answers.flatMap(({ host, stale, questions, results }) =>
    stale.length > 0 || results === undefined ? [] : [{ host, results, holds: allHold(questions, results) }],
  );
  return {
    stale: answers.flatMap(({ stale }) => stale),
    failing: whole.flatMap(({ host, holds }) => (holds ? [] : [host])),
    verified: new Map(whole.flatMap(({ host, results, holds }) => (holds ? [[host, results] as const] : []))),
  };
}

/** What may have been done since the hosts were asked. */
export interface Since {
  /** Whether the preview says of every resource that it stays as it is. */
  readonly allSame: boolean;
  /** How many resources Pulumi was made to replace. */
  readonly replaced: number;
  /** Whether anything was done on a host, or to the state, besides what Pulumi does. */
  readonly repaired: boolean;
  /** What was done on the hosts after Pulumi, a line each. */
  readonly finished: readonly string[];
  /** Whether the state shows that a resource was changed: what a preview did not foresee. */
  readonly isTouched: () => boolean;
}

/** The first answers where nothing at all was done since: on no host, since a check of one may be about another. Else none. */
export function whereUnchanged({ verified }: Asked, { allSame, replaced, repaired, finished, isTouched }: Since): Verified {
  return allSame && !repaired && replaced + finished.length === 0 && !isTouched() ? verified : new Map();
}
