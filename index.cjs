"use strict";
/** What Pulumi starts: compiles the program where a source is newer, also in a fresh checkout, and runs it. index.ts is the program. */
const { existsSync } = require("node:fs");
const { join } = require("node:path");

if (!existsSync(join(__dirname, "node_modules/rolldown"))) {
  process.stderr.write("phiward: found no node_modules with what the program needs; run npm ci\n");
  process.exit(1);
}
require("./ops/build.cjs").build();
require("./policies/bin/sparing.js").spare(join(__dirname, "node_modules/.cache/phiward"));
module.exports = require("./policies/bin/program.js");
