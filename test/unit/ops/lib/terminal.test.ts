import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { resultTable } from "../../../../ops/commands/verify";
import { exitCodeOf } from "../../../../ops/lib/operate";
import { hostJson, oneLine, print, printable, quotedLines, safeJson } from "../../../../ops/lib/terminal";

const CONTROLS = "\x00\x07\x08\t\r\x1b\x7f\x85\x9b\u00ad\u061c\u200b\u200d\u200f\u2028\u2029\u202e\u2066\ufeff\ud800\u{e0001}";
// A terminal does more with these than show them.
const ACTS = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
// Texts in which such characters are common.
const hostText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...Array.from(CONTROLS), "\n", "a", "\x1b]52;c;", "\x1b[2J")).map((parts) => parts.join("")),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString()),
);

describe("Text of a host", () => {
  it("is shown without anything that a terminal acts on", () => {
    fc.assert(
      fc.property(hostText, (text) => {
        expect(printable(text)).not.toMatch(ACTS);
        expect(quotedLines(text)).not.toMatch(ACTS);
        expect(oneLine(text)).not.toMatch(ACTS);
        expect(oneLine(text)).not.toContain("\n");
        expect(safeJson({ [text]: text })).not.toMatch(ACTS);
      }),
    );
  });

  it("is shown as it is where a terminal shows it as it is", () => {
    for (const text of ["Größe 3 µm, „Zitat“ — 日本語 🏥", "a\\x1b b"]) expect([printable(text), oneLine(text)]).toEqual([text, text]);
  });

  it("is shown escaped otherwise", () => {
    expect(oneLine("\x1b[2J\x07\x9b\u202egnp.exe\r\n")).toBe("\\x1b[2J\\x07\\x9b\\u{202e}gnp.exe\\r\\n");
    expect(quotedLines("one\ntwo\n")).toBe("one\n    | two");
  });

  it("is still the same JSON for other programs", () => {
    fc.assert(
      fc.property(hostText, (text) => {
        expect(JSON.parse(safeJson({ text }))).toEqual(JSON.parse(JSON.stringify({ text })));
      }),
    );
  });

  it("is one line in every string of an answer, names of fields and the depth of the answer notwithstanding", () => {
    const answer = hostJson(JSON.stringify({ "a\x1b": [{ b: "c\nd\u0085" }], seen: "1\n2\x9b" }), z.unknown(), ["seen"]);
    expect(answer).toEqual({ "a\\x1b": [{ b: "c\\nd\\x85" }], seen: "1\n2\\x9b" });
    expect(hostJson('{"sealed":{"one":"a\\nb"},"other":"a\\nb"}', z.unknown(), ["sealed"])).toEqual({
      sealed: { one: "a\nb" },
      other: "a\\nb",
    });
  });
});

describe("What a command shows", () => {
  it("has no line that a host made up", () => {
    fc.assert(
      fc.property(hostText, (text) => {
        const forged = `${text}\nweb             ssh                9       0       0\r\nFAIL web forged`;
        const result = hostJson(JSON.stringify({ unit: "ssh", id: "x", status: "fail", expected: {}, seen: forged }), z.looseObject({}), [
          "seen",
        ]);
        // As the agent's answer is typed.
        const table = resultTable([{ host: "web", results: [{ unit: "ssh", id: "x", status: "fail", expected: {}, ...result }] }]);
        const lines = table.split("\n");
        expect(lines.filter((line) => /^(web|FAIL)/.test(line))).toEqual([
          "web             ssh                0       1       0",
          "FAIL web x",
        ]);
      }),
    );
  });

  it("is escaped once more where it is written", async () => {
    const written: string[] = [];
    const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
    const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
    try {
      print("a\x1b[2J\nb");
      await exitCodeOf(() => Promise.reject(new Error("web: \x9b2J")));
    } finally {
      out.mockRestore();
      err.mockRestore();
    }
    expect(written).toEqual(["a\\x1b[2J\nb\n", "web: \\x9b2J\n"]);
  });

  it("is written by print and warn alone", () => {
    const root = join(__dirname, "../../../../ops");
    const writers = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .filter((file) => /process\.std(out|err)\.write|console\.(log|info|warn|error)/.test(readFileSync(join(root, file), "utf8")));
    // Progress moves the cursor, and shows names of the configuration only.
    expect(writers).toEqual(["lib/terminal.ts"]);
  });
});
