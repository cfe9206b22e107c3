import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "../../../../sandbox/engine/journal";
import type { Resource } from "../../../../sandbox/engine/resource";

function resource(type: string, stdin: string): Resource {
  return { urn: `urn:pulumi:test::phiward::${type}::web-ssh-apply`, type, name: "web-ssh-apply", custom: true, inputs: { stdin } };
}

const COMMAND = "command:remote:Command";

describe("the embedded engine's journal", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "phiward-journal-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("has a command's outputs for as long as it is given the same, also in another run, and is its owner's alone", async () => {
    const file = join(directory, "journal.json");
    const journal = Journal.read(file);
    expect(journal.outputsOf(resource(COMMAND, "one"))).toBeUndefined();
    await journal.kept(resource(COMMAND, "one"), () => Promise.resolve({ stdout: "1" }));
    journal.write(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const next = Journal.read(file);
    expect(next.outputsOf(resource(COMMAND, "one"))).toEqual({ stdout: "1" });
    expect(next.outputsOf(resource(COMMAND, "two"))).toBeUndefined();
  });

  it("has none of a command that the program had no more when it was run since", async () => {
    const journal = new Journal();
    await journal.kept(resource(COMMAND, "one"), () => Promise.resolve({ stdout: "1" }));
    journal.keepOnly(new Set([resource(COMMAND, "").urn]));
    expect(journal.outputsOf(resource(COMMAND, "one"))).toEqual({ stdout: "1" });
    journal.keepOnly(new Set());
    expect(journal.outputsOf(resource(COMMAND, "one"))).toBeUndefined();
  });

  it("has none of a command that failed, whatever came before", async () => {
    const journal = new Journal();
    await journal.kept(resource(COMMAND, "one"), () => Promise.resolve({ stdout: "1" }));
    await expect(journal.kept(resource(COMMAND, "one"), () => Promise.reject(new Error("refused")))).rejects.toThrow("refused");
    expect(journal.outputsOf(resource(COMMAND, "one"))).toBeUndefined();
  });

  it("has none of what is no command: Docker is asked each time", async () => {
    const journal = new Journal();
    const container = resource("docker:index/container:Container", "one");
    await journal.kept(container, () => Promise.resolve({ id: "1" }));
    expect(journal.outputsOf(container)).toBeUndefined();
  });
});
