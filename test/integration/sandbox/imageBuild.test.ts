import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ensureImages } from "../../../sandbox/images/images";
import { sandboxObstacle } from "../../../sandbox/machines/machine";
import { run } from "../../../sandbox/machines/run";

const obstacle = sandboxObstacle();

describe.skipIf(obstacle !== undefined)(`building the images ${obstacle ?? ""}`, () => {
  let cache: string;

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "phiward-images-"));
    vi.stubEnv("PHIWARD_CACHE", cache);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await run(["rm", "-rf", "--one-file-system", cache]);
  });

  it("is done once for two that need them at the same time, and the next time only for what is missing, with the same id", async () => {
    const said: string[] = [];
    const progress = (line: string): void => {
      said.push(line);
    };
    const [one, other] = await Promise.all([ensureImages(progress), ensureImages(progress)]);
    expect(one).toEqual(other);
    expect(one.map(({ name }) => name)).toEqual(["postgres", "redis", "api"]);
    expect(said.filter((line) => line.includes("built in"))).toHaveLength(3);
    expect(readdirSync(join(cache, "images"))).toHaveLength(3);

    said.length = 0;
    const redis = one.find(({ name }) => name === "redis");
    await run(["rm", "-rf", join(redis?.archive ?? "", "..")]);
    expect(await ensureImages(progress)).toEqual(one);
    expect(said).toEqual(["image redis: building it, once", expect.stringMatching(/^image redis: built in \d+ s$/)]);
  });

  it("leaves nothing when it is aborted", async () => {
    const controller = new AbortController();
    const progress = (line: string): void => {
      // Not at once: by then programs are at work.
      if (!line.includes("building it, once")) return;
      setTimeout(() => {
        controller.abort(new Error("enough"));
      }, 2500);
    };
    await expect(ensureImages(progress, controller.signal)).rejects.toThrow("enough");
    expect(readdirSync(join(cache, "images"))).toEqual([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(cache);
  });

  it("says in one line which image cannot be built, and why", async () => {
    vi.stubEnv("PHIWARD_DEBIAN_ARCHIVE", "http://127.0.0.1:9/debian");
    const failure: unknown = await ensureImages(() => undefined).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/^SandboxFailed: the image (postgres|redis|api) could not be built: Failed to fetch [^\n]+$/);
    expect(readdirSync(join(cache, "images"))).toEqual([]);
  });
});
