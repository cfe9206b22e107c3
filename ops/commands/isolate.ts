/** `phiward isolate HOST`: nothing goes in or out of a host but SSH of administrators and the way to its vault; containers are frozen. */
import { hostOf, report, resolvedStack } from "../lib/command";
import { requireWord } from "../lib/confirm";
import { setOutside } from "../lib/containment/cloudFirewall";
import { type OrderAnswer, orderByVault } from "../lib/containment/orders";
import { askIsolation, type ContainmentOptions, type IsolationAnswer, reasonOf } from "../lib/containment/request";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { warn } from "../lib/terminal";

/** Options of `phiward isolate` and `phiward unisolate`. */
export interface IsolateOptions extends ContainmentOptions {
  /** By a signed order at the vault, for a host whose SSH does not answer. */
  readonly byVault?: boolean;
  /** False where the host is not verified at once, once it is back. */
  readonly verify?: boolean;
}

/** `phiward isolate HOST`: 0 where all of it was done, 1 where something is left to be done by hand. */
export async function isolateCommand(name: string, options: IsolateOptions): Promise<number> {
  const stack = resolvedStack(options);
  const host = hostOf(stack, name, ["application", "vault"]);
  const person = personOf(stack.config, options.as, "sudo");
  const why = reasonOf(options.why);
  await requireWord({
    what: `${host.name}: all its connections end but SSH of administrators and its vault, and its containers stop where they are.`,
    word: host.name,
    yes: options.yes,
  });
  const began = Date.now();
  const outside = await setOutside(stack.config, host.name, "narrowed");
  warn(outside.words);
  const seconds = (): number => (Date.now() - began) / 1000;
  if (options.byVault === true) {
    const by = { person, why, key: options.key };
    const order = await orderByVault(stack, host, "isolate", by, warn);
    report(options.json, { host: host.name, outside, ...order, seconds: seconds() }, orderWords(host.name, "isolated", order, seconds()));
    return order.done === null ? 1 : 0;
  }
  const answer = await withProgress(`${host.name}: isolating`, () => askIsolation(host, person, "isolate", why, stack.context.patience));
  const whole = seconds();
  report(options.json, { ...answer, host: host.name, outside, totalSeconds: whole }, isolatedText(host.name, answer, whole));
  return answer.notDone.length === 0 ? 0 : 1;
}

/** What was done, for people. */
export function isolatedText(host: string, answer: IsolationAnswer, seconds: number): string {
  const { again, since, who, cutSeconds = 0, frozen = 0, notDone } = answer;
  return [
    again
      ? `${host}: it was isolated already, since ${since ?? "an unknown time"} by ${who}, and all of it was looked at again in ${seconds.toFixed(1)} s`
      : `${host}: isolated in ${seconds.toFixed(1)} s; its network was cut ${cutSeconds.toFixed(2)} s after it was asked`,
    `  containers frozen where they are: ${String(frozen)}; backups, jobs and clean-ups wait`,
    "  it stays so over a restart; SSH of administrators and the record at the vault go on",
    ...notDone.map((words) => `! ${words}`),
    `  npx phiward unisolate ${host} brings it back`,
  ].join("\n");
}

/** How an order went, for people. */
export function orderWords(host: string, what: "isolated" | "brought back", { done }: OrderAnswer, seconds: number): string {
  return done === null
    ? `! ${host}: no word of it has arrived yet; the order counts for an hour, and the host carries it out when it asks`
    : `${host}: ${what} by its own record at ${done}, ${seconds.toFixed(1)} s after it was asked for`;
}
