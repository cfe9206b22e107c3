#!/usr/bin/env node
"use strict";
/**
 * What `--policy-pack policies/pack.cjs` starts, by the engine itself, and `--policy-pack policies`, by Pulumi's runner, which loads a
 * compiler of TypeScript first: compiles the pack where a source is newer, also in a fresh checkout or where Pulumi is run by hand,
 * and serves it. Plain JavaScript: Pulumi's runner checks the types of a TypeScript pack by settings of its own.
 */
const { existsSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

if (!existsSync(join(__dirname, "../node_modules/rolldown"))) {
  process.stderr.write("phiward: found no node_modules with what the policy pack needs; run npm ci\n");
  process.exit(1);
}
require("../ops/build.cjs").build();
enableCompileCache(join(__dirname, "../node_modules/.cache/phiward"));
// As the runner does.
process.chdir(__dirname);
require("./bin/pack.js");
