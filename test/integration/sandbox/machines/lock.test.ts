import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { withLock } from "../../../../sandbox/machines/lock";

const directory = mkdtempSync(join(tmpdir(), "phiward-lock-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe("a lock", () => {
  it("lets one in at a time, and the next one after it", async () => {
    const events: string[] = [];
    const visit = (name: string): Promise<void> =>
      withLock(directory, async () => {
        events.push(`${name} in`);
        await sleep(100);
        events.push(`${name} out`);
      });
    await Promise.all([visit("a"), visit("b"), visit("c")]);
    const names = events.map((event) => event.slice(0, 1));
    expect(events).toHaveLength(6);
    expect(names.filter((_, at) => at % 2 === 0)).toEqual(names.filter((_, at) => at % 2 === 1));
  });

  it("is free again after a failure", async () => {
    await expect(withLock(directory, () => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
    expect(await withLock(directory, () => Promise.resolve("yours"))).toBe("yours");
  });

  it("tells of a wait and gives it up when asked to", async () => {
    const controller = new AbortController();
    let waits = 0;
    await withLock(directory, async () => {
      const second = withLock(directory, () => Promise.resolve(), { signal: controller.signal, onWait: () => waits++ });
      const refusal = expect(second).rejects.toThrow("enough");
      await sleep(1200);
      controller.abort(new Error("enough"));
      await refusal;
    });
    expect(waits).toBe(1);
  });

  it("says which lock cannot be taken", async () => {
    await expect(withLock(join(directory, "missing"), () => Promise.resolve())).rejects.toThrow("missing");
  });
});
