import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { type Previewed, previewForUp } from "../../../../ops/commands/preview";

const directory = mkdtempSync(join(tmpdir(), "phiward-preview-"));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const called = join(directory, "called");
const HOST = "urn:pulumi:prod::phiward::phiward:index:Host::web";
const install = {
  op: "update",
  urn: "urn:pulumi:prod::phiward::phiward:index:Host$phiward:host:Programs::web-programs",
  type: "phiward:host:Programs",
  new: { type: "phiward:host:Programs", parent: HOST },
};

/** Previews by a program in Pulumi's place that prints these steps and ends so; resolves with how that ended and what was printed. */
async function previewed(
  code: number,
  ask?: () => Promise<boolean>,
  steps: readonly object[] = [install],
): Promise<readonly [Previewed, string]> {
  writeFileSync(
    join(directory, "pulumi"),
    `#!/bin/sh\necho "$PULUMI_ENABLE_STREAMING_JSON_PREVIEW $*" >${called}\n${steps.map((step) => `echo '${JSON.stringify({ resourcePreEvent: { metadata: step } })}'\n`).join("")}exit ${String(code)}\n`,
    { mode: 0o755 },
  );
  let said = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const PATH = `${directory}:${String(process.env["PATH"])}`;
  return [await previewForUp(["--stack", "prod", "--replace", "urn"], { ...process.env, PATH }, undefined, ask), said];
}

describe("the preview before a deploy", () => {
  it("is of what the deploy is to do, and is said before it asks", async () => {
    const ask = vi.fn(() => Promise.resolve(true));
    expect(await previewed(0, ask)).toEqual([
      { code: 0, allSame: false },
      expect.stringContaining("programs  brings the programs of this version to the host"),
    ]);
    expect(ask).toHaveBeenCalledOnce();
    expect(readFileSync(called, "utf8")).toBe("true preview --json --stack prod --replace urn --non-interactive\n");
  });

  it("ends it where nobody agrees, and where Pulumi or a policy refuses", async () => {
    expect(await previewed(0, () => Promise.resolve(false))).toEqual([
      { code: 1, allSame: false },
      expect.stringContaining("Nothing was deployed."),
    ]);
    const ask = vi.fn(() => Promise.resolve(true));
    expect(await previewed(1, ask)).toEqual([{ code: 1, allSame: false }, ""]);
    expect(ask).not.toHaveBeenCalled();
  });

  it("knows that nothing is to change only where each of its steps says so", async () => {
    const same = { ...install, op: "same" };
    const allSame = async (...steps: readonly object[]): Promise<boolean> => (await previewed(0, undefined, steps))[0].allSame;
    expect(await allSame(same, same)).toBe(true);
    expect(await allSame(same, install)).toBe(false);
    expect(await allSame(same, { ...install, op: "read" })).toBe(false);
    expect(await allSame()).toBe(false);
    expect((await previewed(1, undefined, [same]))[0].allSame).toBe(false);
  });
});
