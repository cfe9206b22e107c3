/** The drills on real hosts, one after another in one sandbox: each is answered by the commands that are for it, and its times are printed. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DrillBench } from "../../sandbox/drills/bench";
import { drillText } from "../../sandbox/drills/figures";
import { DRILLS, freshFor } from "../../sandbox/drills/scenarios";
import { sandboxObstacle } from "../../sandbox/machines/machine";
import { destroySandbox } from "../../sandbox/machines/sandbox";
import { sandboxId } from "./runDirectory";

const ID = sandboxId("drill");
const unavailable = sandboxObstacle();

describe("an incident that is practised", () => {
  let bench: DrillBench | undefined;
  beforeAll(async () => {
    if (unavailable === undefined) bench = await DrillBench.make(ID, freshFor(DRILLS), () => undefined);
  });
  afterAll(() => destroySandbox(ID));

  // The times are printed beside the aims; what else this machine does decides them too.
  it.each(DRILLS)("is answered, and each part is timed: $name", async ({ run }) => {
    if (bench === undefined) return;
    const result = await run(bench);
    process.stdout.write(`${drillText(result)}\n`);
    expect(result.proven.length).toBeGreaterThan(2);
  });
});
