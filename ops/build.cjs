"use strict";
/**
 * Compiles the operator's commands and the policy pack to policies/bin where a source is newer: then no command loads a compiler, and
 * `phiward policy` answers in a fraction of a second. Plain JavaScript, since it runs before anything is compiled.
 */
const { spawnSync } = require("node:child_process");
const { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");

const ROOT = join(__dirname, "..");
const BIN = join(ROOT, "policies/bin");
const STAMP = join(BIN, ".built");
const SOURCES = ["components", "policies", "ops"];
const SETTINGS = ["policies/tsconfig.build.json", "package.json"];

/** Paths of all sources below a directory. */
function below(directory) {
  return readdirSync(join(ROOT, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (path.startsWith("policies/bin") || entry.name === "__pycache__") return [];
    return entry.isDirectory() ? below(path) : [path];
  });
}

// The stamp has the names of what was compiled, for a removed source changes no time, and the time at which that began.
function isStale(paths) {
  if (!existsSync(STAMP) || readFileSync(STAMP, "utf8") !== paths.join("\n")) return true;
  const built = statSync(STAMP).mtimeMs;
  return [...paths, ...SETTINGS].some((path) => statSync(join(ROOT, path)).mtimeMs > built);
}

/** Compiles where something is stale. Throws Error if it does not compile; what was compiled before then stays. */
function build() {
  const program = readdirSync(ROOT).filter((name) => name.endsWith(".ts"));
  const paths = [...program, ...SOURCES.flatMap(below)];
  if (!isStale(paths)) return;
  // Beside the old ones and put in place whole: another command may be loading them, and a source that was removed is removed here too.
  const fresh = `${BIN}.${process.pid}`;
  const start = new Date();
  const tsc = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(ROOT, "policies/tsconfig.build.json"), "--outDir", fresh];
  try {
    if (process.stderr.isTTY) process.stderr.write("phiward: compiling, once after a change…\n");
    const { status } = spawnSync(process.execPath, tsc, { stdio: ["ignore", 2, 2] });
    if (status !== 0) throw new Error("phiward: the sources do not compile; npm run check shows why");
    for (const path of paths.filter((name) => name.startsWith("components/") && !name.endsWith(".ts"))) {
      mkdirSync(join(fresh, dirname(path)), { recursive: true });
      cpSync(join(ROOT, path), join(fresh, path));
    }
    writeFileSync(join(fresh, ".built"), paths.join("\n"));
    utimesSync(join(fresh, ".built"), start, start);
    rmSync(`${fresh}.old`, { recursive: true, force: true });
    if (existsSync(BIN)) renameSync(BIN, `${fresh}.old`);
    renameSync(fresh, BIN);
  } finally {
    for (const rest of [fresh, `${fresh}.old`]) rmSync(rest, { recursive: true, force: true });
  }
}

module.exports = { build };

if (require.main === module) build();
