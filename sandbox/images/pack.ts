import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { mustRun } from "../machines/run";
import type { ImageRecipe } from "./recipe";

/**
 * Packs a root file system as an image that `docker load` takes, and returns the image's id: the SHA-256 of its configuration.
 * The same files make the same id, for no time and no name of a user goes into it.
 */
export async function packImage(root: string, { name, config }: ImageRecipe, archive: string, signal: AbortSignal): Promise<string> {
  const parts = `${archive}.parts`;
  mkdirSync(parts);
  const layer = join(parts, "layer.tar");
  const stable = ["--sort=name", "--mtime=@0", "--numeric-owner", "--format=gnu"];
  await mustRun(["tar", "--create", `--file=${layer}`, ...stable, `--directory=${root}`, "."], { signal, background: true });
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const created = new Date(0).toISOString();
  const rootfs = { type: "layers", diff_ids: [`sha256:${await sha256(layer, signal)}`] };
  const text = JSON.stringify({
    architecture,
    os: "linux",
    created,
    config,
    rootfs,
    history: [{ created, created_by: "phiward sandbox" }],
  });
  const id = createHash("sha256").update(text).digest("hex");
  writeFileSync(join(parts, `${id}.json`), text);
  writeFileSync(
    join(parts, "manifest.json"),
    JSON.stringify([{ Config: `${id}.json`, RepoTags: [`phiward/${name}:sandbox`], Layers: ["layer.tar"] }]),
  );
  await mustRun(
    ["tar", "--create", `--file=${archive}.tar`, ...stable, `--directory=${parts}`, "manifest.json", `${id}.json`, "layer.tar"],
    { signal, background: true },
  );
  await pipeline(createReadStream(`${archive}.tar`), createZstdCompress(), createWriteStream(archive), { signal });
  for (const rest of [parts, `${archive}.tar`]) rmSync(rest, { recursive: true });
  return `sha256:${id}`;
}

async function sha256(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest("hex");
}
