import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { firstKept, intervalOf, judgedFiles, keysText, type ProvenKey, sealsText } from "../../../../ops/commands/auditVerifyJournal";
import { NOT_CLOSED, type Seal } from "../../../../ops/lib/audit/seals";

// 27 November 2026, 12:00 UTC.
const NOON = Date.UTC(2026, 10, 27, 12) / 1000;
const KEY: ProvenKey = { name: "20261127T120000-0123456789abcdef.0123456789abcdef", at: NOON, intervalSeconds: 900 };
const LATER: ProvenKey = { ...KEY, name: "20261127T150000-0123456789abcdee.0123456789abcdee", at: NOON + 10_800 };

function at(seconds: number): string {
  return `${new Date((NOON + seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

function whole(file: string, begin: number, key = KEY): Seal {
  const times = { head: NOON + begin, tail: NOON + begin + 60, sealedFrom: at(begin), sealedTo: at(begin + 60) };
  return { file, verdict: "whole", key: key.name, unsealedFor: "0", ...times };
}

function wrongOf(seals: readonly Seal[], keys = [KEY, LATER]): readonly (string | undefined)[] {
  return judgedFiles(seals, keys).map(({ wrong }) => wrong);
}

describe("what the seals of a journal show", () => {
  it("is whole where each file is sealed with a key that was kept before", () => {
    expect(wrongOf([whole("a", -900), whole("b", 20_000, LATER), whole("c", 10_800, LATER)])).toEqual([undefined, undefined, undefined]);
  });

  it("is that a file was changed, named with when its records were written", () => {
    const files = judgedFiles([{ file: "system@a.journal", verdict: "broken", head: NOON, tail: NOON + 60 }], [KEY]);
    expect(sealsText(files)).toBe(
      "WRONG  system@a.journal: its seal is broken, or it is sealed with no key that is kept; its records are of 2026-11-27T12:00:00Z to 2026-11-27T12:01:00Z",
    );
  });

  it("is nothing of a file from before the first key, and wrong where a later one is not sealed", () => {
    const unsealed = (head: number): Seal => ({ file: "a", verdict: "unsealed", head: NOON + head, tail: NOON + head + 60 });
    expect(wrongOf([unsealed(-7200)])).toEqual([undefined]);
    expect(sealsText(judgedFiles([unsealed(-7200)], [KEY]))).toContain("from before the journal was sealed");
    expect(wrongOf([unsealed(7200)])).toEqual(["it is not sealed"]);
  });

  it("is wrong where a seal is older than a later key is kept, be it by a second: who became root made both", () => {
    const hour: ProvenKey = { ...LATER, intervalSeconds: 3600 };
    for (const begin of [1, 10_799])
      expect(wrongOf([whole("a", begin, hour)], [KEY, hour])).toEqual([expect.stringContaining("kept from 2026-11-27T15:00:00Z on")]);
  });

  it("is not proven where the first key arrived late", () => {
    const [file] = judgedFiles([whole("a", -1501)], [LATER, KEY]);
    expect([file?.wrong, file?.unproven]).toEqual([undefined, expect.stringContaining("before that it could be made")]);
    expect(sealsText(file === undefined ? [] : [file])).toMatch(/^\? {6}a: not proven, it is sealed with a key that was kept from/);
  });

  it("says how many keys were not tried, and of each key since when it is kept", () => {
    const broken: Seal = { file: "a", verdict: "broken", head: NOON, tail: NOON, untried: 3 };
    expect(sealsText(judgedFiles([broken], [KEY]))).toContain("; 3 more keys were not tried");
    expect(keysText([KEY])).toBe(`key    ${KEY.name}: kept from 2026-11-27T12:00:00Z on, for intervals of 900 s`);
  });

  it("knows the words of a host that did not close its newest file", () => {
    const program = join(__dirname, "../../../../components/host/phiward_host/sealing/handing.py");
    expect(readFileSync(program, "utf8")).toContain(`NOT_CLOSED = "${NOT_CLOSED}"`);
  });

  it("takes the first arrival of each key, in order", () => {
    expect(firstKept([LATER, { ...KEY, at: NOON + 5 }, KEY])).toEqual([KEY, LATER]);
  });

  it("is in the order in which it was written", () => {
    expect(judgedFiles([whole("b", 60), whole("a", 60), whole("c", 1)], [KEY]).map(({ file }) => file)).toEqual(["c", "a", "b"]);
  });
});

describe("the interval of a verification key", () => {
  const key = (microseconds: number, seed = "a60387-6ff213-f10b18-212773") => `${seed}/358500f4-${microseconds.toString(16)}`;

  it("is what hosts are declared with", () => {
    expect([60, 900, 3600].map((seconds) => intervalOf(key(seconds * 1_000_000)))).toEqual([60, 900, 3600]);
  });

  it("is none of another text, and none that root chose to have a file pass", () => {
    for (const text of [
      "",
      "--file=/etc/shadow",
      key(59_000_000),
      key(3_600_000_001),
      key(1e15),
      key(900_000_000, "a60387"),
      `${key(900_000_000)}\nx`,
    ])
      expect(intervalOf(text), text).toBeUndefined();
  });
});
