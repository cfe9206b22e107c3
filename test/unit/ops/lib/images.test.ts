import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { sendImages } from "../../../../ops/lib/images";
import { runSync } from "../../../../ops/lib/process";
import { smallest } from "../../components/examples";

const [HOST] = parseConfig(smallest()).hosts;

describe("archives that are sent to a host", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "phiward-images-"));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  function archive(manifest: unknown): string {
    writeFileSync(join(directory, "manifest.json"), JSON.stringify(manifest));
    runSync(["tar", "-cf", join(directory, "a.tar"), "-C", directory, "manifest.json"]);
    return join(directory, "a.tar");
  }

  async function send(file: string): Promise<void> {
    if (HOST === undefined) throw new Error("no host");
    await sendImages(HOST, [file], {}, () => undefined);
  }

  it.each([
    ["no image", []],
    ["no image", [{ Config: "../../etc/shadow" }]],
    ["2 images", [{ Config: `${"a".repeat(64)}.json` }, { Config: `blobs/sha256/${"b".repeat(64)}` }]],
  ])("are refused before anything is dialled if they hold %s", async (found, manifest) => {
    const file = archive(manifest);
    await expect(send(file)).rejects.toThrow(
      `${file}: found ${found}, allowed: an archive of one image; docker save --output=FILE.tar IMAGE creates one`,
    );
  });

  it("are refused if they are none", async () => {
    await expect(send("/nonexistent.tar")).rejects.toThrow("/nonexistent.tar: found no image, allowed: an archive of one image");
  });
});
