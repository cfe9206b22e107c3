import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { member, membersOf, valueAt } from "../../../../components/config/unknown";

const ROOT = join(__dirname, "../../../..");

describe("a value of which nothing is known", () => {
  it("has what it holds itself, and nothing else", () => {
    expect(member({ a: 1 }, "a")).toBe(1);
    expect(member(["x"], 0)).toBe("x");
    for (const [value, key] of [
      [{ a: 1 }, "b"],
      [{}, "toString"],
      [null, "a"],
      [undefined, "a"],
      ["text", "length"],
      [3, "a"],
    ] as const)
      expect(member(value, key)).toBeUndefined();
  });

  it("is read along a path, and all at once", () => {
    expect(valueAt({ a: [{ b: 1 }] }, ["a", 0, "b"])).toBe(1);
    expect(valueAt({ a: 1 }, ["a", "b", "c"])).toBeUndefined();
    expect(membersOf({ a: 1 })).toEqual({ a: 1 });
    expect(membersOf("text")).toEqual({});
  });

  it("is read by these functions everywhere", () => {
    // The sandbox's service is a program of its own, that has no part of ours in its image.
    const files = globSync(["index.ts", "{components,ops,policies,sandbox,test}/**/*.ts"], { cwd: ROOT }).filter(
      (file) => !/^(policies\/bin|sandbox\/api)\//.test(file),
    );
    const others = files.filter((file) => /!== null (&& .*)?\? Reflect\.get/.test(readFileSync(join(ROOT, file), "utf8")));
    expect(others).toEqual(["components/config/unknown.ts"]);
  });
});
