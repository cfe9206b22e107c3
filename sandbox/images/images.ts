import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { aptReachability } from "../machines/archive";
import { bootstrap, debianSources } from "../machines/bootstrap";
import { type CachedBuild, ensureBuilt, recipeHash } from "../machines/builds";
import { ensurePackages } from "../machines/packages";
import { mustRun } from "../machines/run";
import { apiRecipe } from "./api";
import { fill } from "./fill";
import { packImage } from "./pack";
import { postgresRecipe } from "./postgres";
import type { ImageRecipe } from "./recipe";
import { redisRecipe } from "./redis";

// Is raised when `build`, `fill` or `packImage` change, for the recipes do not tell.
const VERSION = 1;

const ARCHIVE = "image.tar.zst";

/** A container image in a file that `docker load` takes. */
export interface SandboxImage {
  readonly name: ImageRecipe["name"];
  /** The id that Docker shows for it once it is loaded: `sha256:` and the hash of its configuration. */
  readonly id: string;
  /** The file: a docker-archive, compressed with zstd. */
  readonly archive: string;
}

/** The images of the stack that the sandbox has by itself. */
export function sandboxRecipes(): readonly ImageRecipe[] {
  return [postgresRecipe(), redisRecipe(), apiRecipe()];
}

/**
 * Returns images, by default the sandbox's, and builds those that are not in the cache or whose recipe has changed: from Debian
 * packages, npm packages and our own files, with neither Docker nor an image registry. One process builds, others wait for it.
 */
export async function ensureImages(
  progress: (line: string) => void,
  signal?: AbortSignal,
  recipes: readonly ImageRecipe[] = sandboxRecipes(),
): Promise<readonly SandboxImage[]> {
  await ensurePackages(progress, signal);
  const origin = { sources: await debianSources(), aptSettings: await aptReachability() };
  const builds = recipes.map(
    (recipe): CachedBuild => ({
      name: `${recipe.name}-${recipeHash({ version: VERSION, ...origin, recipe: withoutPlaces(recipe) })}`,
      title: `the image ${recipe.name}`,
      build: (directory, ended) => build(recipe, origin, directory, progress, ended),
    }),
  );
  const onWait = (): void => {
    progress("images: another process is building them, waiting");
  };
  const directories = await ensureBuilt("images", builds, { signal, onWait });
  return recipes.map(({ name }, index) => {
    const directory = directories[index] ?? "";
    return { name, id: readFileSync(join(directory, "id"), "utf8"), archive: join(directory, ARCHIVE) };
  });
}

/** Leaves out where copies come from, so that another checkout finds what this one built. */
function withoutPlaces(recipe: ImageRecipe): unknown {
  return { ...recipe, copies: recipe.copies.map(({ to, version }) => ({ to, version })) };
}

interface Origin {
  readonly sources: string;
  readonly aptSettings: readonly string[];
}

async function build(
  recipe: ImageRecipe,
  origin: Origin,
  directory: string,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const start = Date.now();
  progress(`image ${recipe.name}: building it, once`);
  mkdirSync(directory);
  const root = join(directory, "root");
  // Unpacked only: no package's own script is run, so nothing that those would need has to be there.
  const options = ["--variant=extract"];
  // Hosts are made meanwhile, which takes longer: an image is wanted once they are there.
  const how = { options, background: true, signal, progress: () => undefined };
  await bootstrap({ ...origin, ...how, packages: recipe.packages, root });
  await fill(root, recipe, signal);
  const id = await packImage(root, recipe, join(directory, ARCHIVE), signal);
  await mustRun(["rm", "-rf", "--one-file-system", root]);
  writeFileSync(join(directory, "id"), id);
  progress(`image ${recipe.name}: built in ${((Date.now() - start) / 1000).toFixed(0)} s`);
}
