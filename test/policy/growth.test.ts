/** What the gate does for a larger stack: counted in calls of functions, which no other load of the machine changes. */
import { Session } from "node:inspector/promises";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../components/config/faults";
import { judgeStack } from "../../ops/commands/policy";
import { largeStack, type Size } from "./large";

const SIZE: Size = { hosts: 4, services: 24, sites: 24 };
// What grows in step doubles at most; what compares each with each other would come to four times as much.
const DOUBLED = 2.1;

/** Calls of the project's own functions while a stack of this size is read and judged. */
async function calls(size: Size): Promise<number> {
  const raw = largeStack(size);
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  expect(judgeStack("large", parseConfig(raw)).results.filter(({ outcome }) => outcome === "fail" || outcome === "unknown")).toEqual([]);
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();
  return result
    .filter(({ url }) => /\/(components|policies|ops)\//.test(url))
    .flatMap(({ functions }) => functions.map(({ ranges: [whole] }) => whole?.count ?? 0))
    .reduce((sum, count) => sum + count, 0);
}

describe("the gate", () => {
  it.each(["hosts", "services", "sites"] as const)("does at most twice as much for twice as many %s", async (what) => {
    // Once before, so that what is made when it is first used is not counted.
    judgeStack("large", parseConfig(largeStack({ hosts: 1, services: 4, sites: 4 })));
    const [once, twice] = [await calls(SIZE), await calls({ ...SIZE, [what]: 2 * SIZE[what] })];
    expect(once).toBeGreaterThan(10_000);
    expect(twice / once).toBeLessThan(DOUBLED);
  });
});
