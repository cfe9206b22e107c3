/** The line of a program's source, of what was made of it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SourceMaps } from "../../policies/program/sourceMaps";

const place = mkdtempSync(join(tmpdir(), "maps-"));
afterAll(() => {
  rmSync(place, { recursive: true });
});

// The first line comes from the third of the source.
const MAP = JSON.stringify({ version: 3, sources: ["src/a.ts"], names: [], mappings: "AAEA" });

function originOf(name: string, source: string): unknown {
  const file = join(place, name);
  writeFileSync(file, source);
  return new SourceMaps().original({ file, line: 1, column: 1 });
}

describe("a position in compiled code", () => {
  it("is told in its source, by a map beside it or in it", () => {
    writeFileSync(join(place, "a.js.map"), MAP);
    const origin = { file: join(place, "src/a.ts"), line: 3, column: 1 };
    expect(originOf("a.js", "a();\n//# sourceMappingURL=a.js.map\n")).toEqual(origin);
    const inline = Buffer.from(MAP).toString("base64");
    expect(originOf("b.js", `a();\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${inline}\n`)).toEqual(origin);
  });

  it("is told as it is where no map is, or none that can be read", () => {
    writeFileSync(join(place, "broken.map"), "{");
    for (const rest of ["", "//# sourceMappingURL=missing.map\n", "//# sourceMappingURL=broken.map\n"])
      expect(originOf("c.js", `a();\n${rest}`)).toEqual({ file: join(place, "c.js"), line: 1, column: 1 });
  });
});
