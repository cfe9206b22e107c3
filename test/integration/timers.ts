/** Timers of a host beside a test: what one runs would do first what the test is about, or has begun before it. */
import type { TestContext } from "vitest";

type Inside = (...words: readonly string[]) => Promise<unknown>;

/** Stops the timer of `unit`, and waits for the run that it may have begun: that one would still take what the test makes next. */
export async function stopTimer(inside: Inside, unit: string): Promise<void> {
  await inside("systemctl", "stop", `${unit}.timer`);
  await inside("sh", "-c", untilEnded(unit));
}

/** As `stopTimer`, until the test ends. */
export async function withoutTimer(context: TestContext, inside: Inside, unit: string): Promise<void> {
  await stopTimer(inside, unit);
  context.onTestFinished(async () => {
    await inside("systemctl", "start", `${unit}.timer`);
  });
}

/** Runs the service of `unit` from its beginning on: of a run that its timer has begun systemd would answer with the end of that one. */
export async function runAnew(inside: Inside, unit: string): Promise<void> {
  await inside("sh", "-c", `${untilEnded(unit)}; systemctl start ${unit}.service`);
}

function untilEnded(unit: string): string {
  return `while systemctl show --property=ActiveState --value ${unit}.service | grep --quiet activating; do sleep 0.2; done`;
}
