/** How a test waits: for something it names, or for a time it gives the reason of. */
import { setTimeout as sleep } from "node:timers/promises";

const ASK_AGAIN_MS = 250;
// A busy machine is not kept busy by being asked: what takes long is asked again after a multiple of that time, up to a bound.
const TIMES_AS_LONG = 3;
const ASK_AGAIN_AT_LATEST_MS = 3000;

// What takes a second on an idle machine takes minutes on a busy one, and only a test that fails waits so long; a bound that is claimed
// is measured instead.
const PATIENCE_SECONDS = 300;

/**
 * Waits until `probe` answers true, asking up to four times a second. Throws after `seconds`, naming what did not come and the time
 * that was really waited; a probe that throws ends the wait at once.
 */
export async function waitFor(what: string, probe: () => boolean | Promise<boolean>, seconds = PATIENCE_SECONDS): Promise<void> {
  const start = performance.now();
  for (;;) {
    const asked = performance.now();
    if (await probe()) return;
    const took = performance.now() - asked;
    const waited = (performance.now() - start) / 1000;
    if (waited > seconds) throw new Error(`${what}: not within ${waited.toFixed(1)} s`);
    await sleep(Math.min(Math.max(ASK_AGAIN_MS, TIMES_AS_LONG * took), ASK_AGAIN_AT_LATEST_MS));
  }
}

/** Lets time pass where there is nothing to ask: the effect is that something does not happen, or only time brings it about. */
export async function pause(why: string, seconds: number): Promise<void> {
  if (why === "") throw new Error("a pause needs a reason");
  await sleep(seconds * 1000);
}
