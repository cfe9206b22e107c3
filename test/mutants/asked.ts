/**
 * Which small changes of the policies the kept findings notice, in one process: run in the copy that instrument.mjs made, where each
 * change is behind a switch. What a rule says of spoilt stacks and at its edges is asked until one answer is another one.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { ALL_RULES, HOST_RULES } from "../../policies/all";
import { ASKED } from "../policy/asked";
import { placesOf, saidAtPlace, saidWithout } from "../policy/edges";
import { verdictOn } from "../policy/examples";
import { goodUnit, hostUnits, putAt, valueAt } from "../policy/fixtures";
import { READINGS } from "../policy/readings/all";
import { readingOf } from "../policy/readings/reading";
import { linesOf, RULES_WITH_ROWS, saidOf } from "../policy/said";
import { HOSTS_ALLOWED } from "../policy/spoilt/hosts";
import { ALLOWED } from "../policy/violations";

/** What Stryker's switches read and write. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  isCovered?: boolean;
  mutantCoverage?: {
    readonly static: Readonly<Record<string, number>>;
    readonly perTest: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
}

interface Change {
  readonly id: string;
  readonly path: string;
  readonly compiles: boolean;
}

/** A question, what is answered as long as nothing is changed, and how long that takes. */
interface Question {
  readonly ask: () => string;
  readonly answer: string;
  readonly milliseconds: number;
}

type Outcome = "noticed" | "survived" | "asked by none" | "made when loaded";

// As long as all questions take that any change is asked; and as often as no loop of a rule comes round.
const LONGEST = 60_000;
const MOST_HITS = 1_000_000;

const switches = ((globalThis as { __stryker__?: Switches }).__stryker__ ??= {});

function* asks(): Generator<() => string> {
  for (const reading of READINGS) for (const asked of reading.asked) yield () => readingOf(reading, asked);
  for (const { rule, rows, beside } of RULES_WITH_ROWS) for (const row of rows) yield () => saidOf(rule, row, beside(row.unit));
  for (const { rule: id, unit: name, path, spoil } of [...ALLOWED, ...HOSTS_ALLOWED])
    for (const rule of ALL_RULES.filter((one) => one.id === id))
      yield () => {
        // A rule about single units is asked of the first.
        const units = HOST_RULES.some((one) => one.id === id) ? hostUnits() : [goodUnit(name)];
        for (const { args } of units.filter(({ unit }) => unit === name)) putAt(args, path, spoil(valueAt(args, path)));
        return linesOf(verdictOn(rule, { units }));
      };
  // It reads everything.
  for (const rule of ASKED.filter(({ facts }) => facts.id !== "rendered-as-declared")) {
    for (const place of placesOf(rule)) yield () => saidAtPlace(rule, place, linesOf).join("\n");
    yield () => saidWithout(rule, linesOf).join("\n");
  }
}

function answerOf(ask: () => string): string {
  switches.hitCount = 0;
  try {
    return ask();
  } catch {
    return "it threw an error";
  }
}

/** The questions that reach each change, the quickest first. */
function questionsByChange(): ReadonlyMap<string, readonly Question[]> {
  const byChange = new Map<string, Question[]>();
  for (const [index, ask] of [...asks()].entries()) {
    switches.currentTestId = `question ${index}`;
    const start = performance.now();
    const answer = answerOf(ask);
    const question = { ask, answer, milliseconds: performance.now() - start };
    const { perTest = {} } = switches.mutantCoverage ?? {};
    for (const id of Object.keys(perTest[switches.currentTestId] ?? {})) byChange.set(id, [...(byChange.get(id) ?? []), question]);
    // All of them together would fill the memory.
    Reflect.deleteProperty(perTest, switches.currentTestId);
  }
  switches.currentTestId = undefined;
  switches.isCovered = true;
  for (const questions of byChange.values()) questions.sort((one, other) => one.milliseconds - other.milliseconds);
  return byChange;
}

function outcomeOf({ id }: Change, questions: readonly Question[] | undefined): Outcome {
  if (questions === undefined) return switches.mutantCoverage?.static[id] === undefined ? "asked by none" : "made when loaded";
  const end = Date.now() + LONGEST;
  switches.activeMutant = id;
  switches.hitLimit = MOST_HITS;
  const isNoticed = questions.some(({ ask, answer }) => Date.now() < end && answerOf(ask) !== answer);
  switches.activeMutant = undefined;
  switches.hitLimit = undefined;
  return isNoticed ? "noticed" : "survived";
}

const questions = questionsByChange();
const changes = (JSON.parse(readFileSync("changes.json", "utf8")) as readonly Change[]).filter(({ compiles }) => compiles);
const outcomes = changes.map((change) => {
  const outcome = outcomeOf(change, questions.get(change.id));
  appendFileSync("outcomes.jsonl", `${JSON.stringify({ ...change, outcome })}\n`);
  return outcome;
});
for (const [outcome, all] of Map.groupBy(outcomes, (one) => one)) process.stdout.write(`${outcome}: ${all.length}\n`);
