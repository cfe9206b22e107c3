"use strict";
/**
 * Bundles the operator's commands, the program and the policy pack to policies/bin where a source is newer: then nothing loads a
 * compiler, and `phiward policy` answers in a second or so. Plain JavaScript, since it runs before anything is compiled.
 */
const { spawnSync } = require("node:child_process");
const { existsSync, readFileSync, renameSync, rmSync, statSync, utimesSync } = require("node:fs");
const { join } = require("node:path");

const ROOT = join(__dirname, "..");
const BIN = join(ROOT, "policies/bin");
const SETTINGS = ["ops/bundle.cjs", "tsconfig.json", "package.json", "package-lock.json"];

// The list has the names of all that was bundled, and the time at which that began.
function isStale() {
  const list = join(BIN, ".built");
  if (!existsSync(list)) return true;
  const built = statSync(list).mtimeMs;
  const changed = (path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs;
  return (
    SETTINGS.some((path) => (changed(path) ?? 0) > built) ||
    readFileSync(list, "utf8")
      .split("\n")
      .some((path) => (changed(path) ?? Infinity) > built)
  );
}

/** Bundles where something is stale. Throws Error if it does not compile; what was bundled before then stays. */
function build() {
  if (!isStale()) return;
  // Beside the old one and put in place whole: another command may be loading it.
  const fresh = `${BIN}.${process.pid}`;
  const start = new Date();
  try {
    if (process.stderr.isTTY) process.stderr.write("phiward: compiling, once after a change…\n");
    const { status } = spawnSync(process.execPath, [join(__dirname, "bundle.cjs"), fresh], { stdio: ["ignore", 2, 2] });
    if (status !== 0) throw new Error("phiward: the sources do not compile; npm run check shows why");
    utimesSync(join(fresh, ".built"), start, start);
    putInPlace(fresh);
  } finally {
    for (const rest of [fresh, `${fresh}.old`]) rmSync(rest, { recursive: true, force: true });
  }
}

function putInPlace(fresh) {
  try {
    if (existsSync(BIN)) renameSync(BIN, `${fresh}.old`);
    renameSync(fresh, BIN);
  } catch (error) {
    // Pulumi starts the pack and the program side by side: the other one may have been first.
    if (isStale()) throw error;
  }
}

module.exports = { build };

if (require.main === module) build();
