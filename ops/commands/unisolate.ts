/** `phiward unisolate HOST`: a host that was isolated is as it was before, and is verified. */
import { setTimeout as sleep } from "node:timers/promises";
import { hostOf, type ResolvedStack, report, resolvedStack } from "../lib/command";
import { requireWord } from "../lib/confirm";
import { setOutside } from "../lib/containment/cloudFirewall";
import { orderByVault } from "../lib/containment/orders";
import { askIsolation, type IsolationAnswer, reasonOf } from "../lib/containment/request";
import type { HostAddress } from "../lib/hosts";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { quotedLines, warn } from "../lib/terminal";
import { type IsolateOptions, orderWords } from "./isolate";
import { anyFailed, resultTable, verifyHosts } from "./verify";

/** `phiward unisolate HOST`: 0 where the host is back and every check passes. */
export async function unisolateCommand(name: string, options: IsolateOptions): Promise<number> {
  const stack = resolvedStack(options);
  const host = hostOf(stack, name, ["application", "vault"]);
  const person = personOf(stack.config, options.as, "sudo");
  const why = reasonOf(options.why);
  await requireWord({
    what: `${host.name}: it is reached by everybody again, and its containers go on.`,
    word: host.name,
    yes: options.yes,
  });
  const began = Date.now();
  const seconds = (): number => (Date.now() - began) / 1000;
  if (options.byVault === true) {
    const order = await orderByVault(stack, host, "unisolate", { person, why, key: options.key }, warn);
    const outside = await setOutside(stack.config, host.name, "declared");
    warn(outside.words);
    const words = orderWords(host.name, "brought back", order, seconds());
    report(
      options.json,
      { host: host.name, outside, ...order, seconds: seconds() },
      `${words}\nnpx phiward verify says whether all is well`,
    );
    return order.done === null ? 1 : 0;
  }
  const answer = await withProgress(`${host.name}: bringing it back`, () =>
    askIsolation(host, person, "unisolate", why, stack.context.patience),
  );
  // The host first: until its own firewall is as declared, nothing is behind the one outside.
  const outside = await setOutside(stack.config, host.name, "declared");
  warn(outside.words);
  const back = seconds();
  const verified =
    options.verify === false
      ? { passed: true, words: "  not verified; npx phiward verify asks every check" }
      : await verifiedAfter(stack, host);
  report(
    options.json,
    { ...answer, host: host.name, outside, backSeconds: back, verified: verified.passed, totalSeconds: seconds() },
    [broughtBackText(host.name, answer, back), verified.words].join("\n"),
  );
  return answer.notDone.length === 0 && verified.passed ? 0 : 1;
}

/** What was done, for people. */
export function broughtBackText(host: string, { again, since, thawed = 0, notDone }: IsolationAnswer, seconds: number): string {
  return [
    again
      ? `${host}: it was not isolated; what an isolation may have left was looked for`
      : `${host}: brought back in ${seconds.toFixed(1)} s; it was isolated since ${since ?? "an unknown time"}`,
    `  containers that go on: ${String(thawed)}`,
    ...notDone.map((words) => `! ${words}`),
  ].join("\n");
}

// Services answer again after a moment: what fails at once is asked once more.
async function verifiedAfter(stack: ResolvedStack, host: HostAddress): Promise<{ readonly passed: boolean; readonly words: string }> {
  const verify = () => withProgress(`${host.name}: asking every check`, () => verifyHosts({ ...stack, hosts: [host] }));
  let record = await verify();
  if (record.unanswered.length > 0 || anyFailed(record.hosts)) {
    for (const { host: name, results } of record.hosts)
      for (const { id, seen } of results.filter(({ status }) => status === "fail"))
        warn(`${name}: ${id} fails yet, and is asked again: ${quotedLines(seen ?? "")}`);
    await sleep(10_000);
    record = await verify();
  }
  const words = record.unanswered.map(({ reason }) => `! ${reason}`);
  return { passed: words.length === 0 && !anyFailed(record.hosts), words: [resultTable(record.hosts), ...words].join("\n") };
}
