/** The drills on real hosts, one after another in one sandbox: each is answered by the commands that are for it, and its times are printed. */
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { DrillBench } from "../../sandbox/drills/bench";
import { drillText } from "../../sandbox/drills/figures";
import { DRILLS, freshFor, type Scenario } from "../../sandbox/drills/scenarios";
import { reasonOf } from "../../sandbox/machines/errors";
import { sandboxObstacle } from "../../sandbox/machines/machine";
import { destroySandbox } from "../../sandbox/machines/sandbox";
import { sandboxId } from "./runDirectory";

const ID = sandboxId("drill");
const SHOWN = 40;
// Five hosts are begun, and two of them are recovered, beside other tests.
const PATIENCE = 2_400_000;

describe("an incident that is practised", () => {
  const unavailable = sandboxObstacle();
  const said: string[] = [];
  let bench: DrillBench | undefined;
  let fault = "";
  // A hook that throws leaves a report without a word: so each test says what went wrong before it.
  beforeAll(async () => {
    if (unavailable !== undefined) return;
    try {
      bench = await DrillBench.make(ID, freshFor(DRILLS), (line) => said.push(line));
    } catch (error) {
      fault = `the sandbox could not be made: ${reasonOf(error)}\n${said.slice(-SHOWN).join("\n")}`;
    }
  }, PATIENCE);
  afterAll(() => destroySandbox(ID), PATIENCE);

  function made(context: TestContext): DrillBench {
    if (unavailable !== undefined) context.skip(unavailable);
    if (bench === undefined) throw new Error(fault);
    return bench;
  }

  // The times are printed beside the aims; what else this machine does decides them too.
  it.for(DRILLS)("is answered, and each part is timed: $name", { timeout: PATIENCE }, async ({ run }: Scenario, context: TestContext) => {
    const there = made(context);
    const result = await run(there).catch((error: unknown) => {
      throw new Error(`${reasonOf(error)}\n${said.slice(-SHOWN).join("\n")}`, { cause: error });
    });
    process.stdout.write(`${drillText(result)}\n`);
    expect(result.proven.length).toBeGreaterThan(1);
  });
});
