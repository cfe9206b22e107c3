/** A text in a pattern stands for itself, in the agent's Python as in the policies' JavaScript. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { anyOf, literal } from "../../../../components/plan/patterns";
import { outputOf } from "../../../../ops/lib/process";

// Everything that could mean something in a pattern, and texts like those of a host.
const text = fc.string({ unit: fc.constantFrom(...".^$*+?()[]{}|\\/-#& ~ab1".split("")), minLength: 1, maxLength: 8 });
const PYTHON = "import json,re,sys; print(json.dumps([bool(re.search('^'+p+'$',t)) for p,t in json.load(sys.stdin)]))";

it("matches itself and no other text", () => {
  const pairs: [string, string][] = [];
  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(new RegExp(`^${literal(one)}$`).test(one)).toBe(true);
      expect(new RegExp(`^${literal(one)}$`).test(other)).toBe(one === other);
      pairs.push([literal(one), one], [literal(one), other]);
    }),
  );
  const judged = outputOf(["python3", "-I", "-c", PYTHON], { input: JSON.stringify(pairs) });
  expect(JSON.parse(judged)).toEqual(pairs.map(([pattern, tried]) => pattern === literal(tried)));
});

it("matches each of several texts and nothing else", () => {
  const pattern = new RegExp(`^${anyOf(["a.b", "c|d"])}$`);
  expect(["a.b", "c|d", "axb", "c", "d", ""].map((tried) => pattern.test(tried))).toEqual([true, true, false, false, false, false]);
});
