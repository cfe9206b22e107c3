/** What the operator's commands say of a stack's file that they cannot read. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStack } from "../../../../ops/lib/stack";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "phiward-stack-"));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function told(text: string): string {
  const path = join(directory, "Pulumi.broken.yaml");
  writeFileSync(path, text);
  try {
    readStack(path);
  } catch (error) {
    return String(error).replace(path, "FILE");
  }
  return "";
}

describe("a file that is no YAML", () => {
  it("is refused with the kind of fault and its place", () => {
    expect(told("config:\n  phiward:banner: [a\n")).toMatch(/FILE: not valid YAML \([A-Z_]+ at line \d+, column \d+\); correct it$/);
  });

  it.each([
    ["an alias", "config:\n  phiward:banner: *hunter2\n"],
    ["a tag", "config:\n  phiward:banner: !hunter2\n   - [x\n"],
    ["an anchor", "config:\n  phiward:banner: &hunter2 &hunter2 x\n"],
    ["a key twice", "hunter2: 1\nhunter2: 2\n"],
    ["a text that does not end", 'config:\n  phiward:banner: "hunter2\n'],
    ["an escape", 'config:\n  phiward:banner: "\\hunter2"\n'],
  ])("is refused without its own words, be they %s", (_, text) => {
    expect(told(text)).toContain("FILE: ");
    expect(told(text)).not.toContain("hunter2");
  });
});

it("names no key that was pasted in place of a droplet's name", () => {
  const message = told("config:\n  phiward:firstHostKeys: { hunter2 SECRET: plain, web: plain }\n");
  expect(message).toMatch(/FILE: firstHostKeys, firstHostKeys\.web: found plain text/);
  expect(message).not.toContain("hunter2");
});
