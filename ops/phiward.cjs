#!/usr/bin/env node
"use strict";
/**
 * `npx phiward`: sees to the version of Node.js, to the compiled commands and to Node's compile cache, then runs the command. Plain
 * JavaScript that an old Node.js can read.
 */
const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const ROOT = join(__dirname, "..");
const OWN_NODE = join(ROOT, "node_modules/node/bin/node");

function isTooOld() {
  const wanted = require("../package.json").engines.node.replace(/^>=/, "").split(".").map(Number);
  const found = process.versions.node.split(".").map(Number);
  const first = wanted.findIndex((part, index) => part !== found[index]);
  return first !== -1 && (found[first] || 0) < (wanted[first] || 0);
}

function refuse(words) {
  process.stderr.write(`phiward: ${words}\n`);
  process.exitCode = 2;
}

function main() {
  if (!existsSync(join(ROOT, "node_modules/rolldown"))) return refuse("found no node_modules with what it needs; run npm ci");
  if (!isTooOld()) {
    require("./build.cjs").build();
    const { enableCompileCache } = require("node:module");
    enableCompileCache(join(ROOT, "node_modules/.cache/phiward"));
    require("../policies/bin/phiward.js");
    return;
  }
  if (!existsSync(OWN_NODE))
    return refuse(`found Node.js ${process.versions.node}, allowed: ${require("../package.json").engines.node}; npm ci brings one`);
  const { status } = spawnSync(OWN_NODE, [__filename, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status === null ? 2 : status;
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
