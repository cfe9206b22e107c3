import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interpolated, megabytes, seconds, shellWords, variablesIn } from "../../../../../ops/lib/compose/words";

describe("a command line", () => {
  it.each([
    ["serve  --port 80", ["serve", "--port", "80"]],
    [`sh -c "a 'b' \\"c\\"" d\\ e''`, ["sh", "-c", `a 'b' "c"`, "d e"]],
    [`""`, [""]],
    ["", []],
    ["a 'b", undefined],
  ])("%j is split as Compose does", (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  it("comes back word by word, whatever is in them", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(shellWords(words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" "))).toEqual(words);
      }),
    );
  });
});

describe("a variable of a Compose file", () => {
  it.each([
    ["$A-$" + "{A}", "1-1"],
    ["$$A", "$A"],
    ["$" + "{B:-x}", "x"],
    ["$" + "{E:-x}$" + "{E-y}", "x"],
    ["$" + "{B:-$" + "{A:-z}}", "1"],
    ["$" + "{A:+set}$" + "{B:+set}", "set"],
    ["$" + "{B:?why}", ""],
  ])("%s becomes %j", (text, value) => {
    const missing = new Set<string>();
    expect(interpolated(text, { values: { A: "1", E: "" }, missing })).toBe(value);
    expect([...missing]).toEqual(text.includes("?") ? ["B"] : []);
  });

  it("is read from a file as Compose reads .env", () => {
    expect(variablesIn(`# no\nA=1 # one\nexport B="two words"\nC='#3'\n\nbroken\nD=\n`)).toEqual({
      A: "1",
      B: "two words",
      C: "#3",
      D: "",
    });
  });
});

describe("a duration and a size", () => {
  it("come in the schema's units", () => {
    expect([seconds("1m30s"), seconds("500ms"), seconds("soon"), seconds(undefined)]).toEqual([90, 1, undefined, undefined]);
    expect([megabytes("512m"), megabytes("1.5gb"), megabytes("1"), megabytes("much")]).toEqual([512, 1536, 1, undefined]);
  });
});
