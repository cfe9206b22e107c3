/**
 * What readers make of each text, word for word: a file per reader in `readings`, whose differences show a reviewer what a change of
 * a reader changes. `npm run golden test/policy/readings` writes them.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { READINGS } from "./readings/all";
import { readingOf } from "./readings/reading";

const HOME = join(__dirname, "readings");

describe.each(READINGS)("$reader", (reading) => {
  it("is read like this", async () => {
    const lines = reading.asked.map((asked) => `${shown(asked)}\n  ${readingOf(reading, asked)}`);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(join(HOME, `${reading.reader}.txt`));
  });
});

it("no file is left of a reader that is gone", () => {
  expect(
    readdirSync(HOME)
      .filter((file) => file.endsWith(".txt"))
      .toSorted(),
  ).toEqual(READINGS.map(({ reader }) => `${reader}.txt`).toSorted());
});

// A long run of one letter says no more than its length.
function shown(asked: unknown): string {
  const text = JSON.stringify(asked, (_, value: unknown) => (typeof value === "symbol" ? "(not known)" : value));
  return text.replaceAll(/(.)\1{99,}/g, (run, letter: string) => `${letter}…×${String(run.length)}`);
}
