import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withProgress } from "../../../../ops/lib/progress";

describe("progress", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function shown(milliseconds: number, isTTY: boolean): Promise<string> {
    let text = "";
    const to = { isTTY, write: (part: string | Uint8Array) => (text += String(part)) !== "" };
    const work = withProgress("asking", () => new Promise((resolve) => setTimeout(resolve, milliseconds)), to);
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
});
