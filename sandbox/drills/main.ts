/** `node sandbox/start.cjs drill ID FILE NAME …`: drills in a sandbox of their own, which is gone afterwards, whatever came of it. */
import { writeFileSync } from "node:fs";
import { operate } from "../../ops/lib/operate";
import { print } from "../../ops/lib/terminal";
import { destroySandbox } from "../machines/sandbox";
import { DrillBench } from "./bench";
import { type DrillResult, drillNote, drillText, late } from "./figures";
import { DRILLS, freshFor } from "./scenarios";

// What started it is before them (sandbox/start.cjs).
const [id = "", file = "", ...names] = process.argv.slice(3);

operate(async () => {
  const start = performance.now();
  const say = (line: string): void => {
    print(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const wanted = DRILLS.filter(({ name }) => names.includes(name));
  const results: DrillResult[] = [];
  try {
    const bench = await DrillBench.make(id, freshFor(wanted), say);
    for (const { run } of wanted) {
      results.push(await run(bench));
      // What was measured is kept, whatever comes of those that follow.
      writeFileSync(file, JSON.stringify(results.map((result) => ({ ...result, note: drillNote(result) }))), { mode: 0o600 });
    }
  } finally {
    await destroySandbox(id);
  }
  print(results.map(drillText).join("\n\n"));
  return results.some((result) => late(result).length > 0) ? 1 : 0;
});
