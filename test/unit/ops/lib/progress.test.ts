import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cachedDurations } from "../../../../ops/lib/durations";
import { withProgress } from "../../../../ops/lib/progress";

describe("progress", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const noted: [string, number][] = [];
  beforeEach(() => {
    noted.length = 0;
  });

  async function shown(milliseconds: number, isTTY: boolean, last?: number, shares: readonly number[] = []): Promise<string> {
    let text = "";
    const durations = { last: () => last, note: (what: string, seconds: number) => void noted.push([what, seconds]) };
    const to = { isTTY, write: (part: string | Uint8Array) => (text += String(part)) !== "" };
    const work = withProgress(
      "asking",
      (tell) => {
        for (const share of shares) tell(share);
        return new Promise((resolve) => setTimeout(resolve, milliseconds));
      },
      to,
      durations,
    );
    await vi.advanceTimersByTimeAsync(milliseconds);
    await work;
    return text;
  }

  it("says nothing of what ends within two seconds", async () => {
    expect(await shown(1900, true)).toBe("");
    expect(await shown(1900, false)).toBe("");
  });

  it("moves one line at a terminal, and clears it", async () => {
    expect(await shown(2500, true)).toMatch(/^\r\x1b\[K\| asking 2 s(\r\x1b\[K[-/\\|] asking \d s)+\r\x1b\[K$/);
  });

  it("writes plain lines where there is none", async () => {
    expect(await shown(40_000, false)).toBe("asking: 2 s\nasking: 32 s\n");
  });

  it("says beside them what it took the last time, and when it takes longer", async () => {
    expect(await shown(40_000, false, 20)).toBe("asking: 2 s of about 20 s\nasking: 32 s, longer than the 20 s of the last time\n");
    expect(noted).toEqual([["asking", 40]]);
  });

  it("says what is left by the share that is done, where the work knows it", async () => {
    expect(await shown(2500, false, 90, [0.001, 0.25])).toBe("asking: 2 s, 25 % done, about 6 s left\n");
    expect(await shown(2500, false, 90, [0.001])).toBe("asking: 2 s of about 90 s\n");
  });

  it("notes neither what is short nor what failed", async () => {
    await shown(1900, false);
    const durations = { last: () => undefined, note: () => void noted.push(["failed", 1]) };
    const failing = withProgress("x", () => Promise.reject(new Error("no")), process.stderr, durations);
    await expect(failing).rejects.toThrow("no");
    expect(noted).toEqual([]);
  });
});

describe("durations", () => {
  it("are kept in a file of the cache, and a damaged one is no failure", () => {
    const file = join(mkdtempSync(join(tmpdir(), "phiward-durations-")), "deep/durations.json");
    const durations = cachedDurations(file);
    expect(durations.last("a")).toBeUndefined();
    durations.note("a", 5);
    durations.note("a", 7);
    durations.note("b", 1);
    expect([durations.last("a"), durations.last("b")]).toEqual([7, 1]);
    writeFileSync(file, "{");
    expect(durations.last("a")).toBeUndefined();
    rmSync(dirname(dirname(file)), { recursive: true });
  });
});
