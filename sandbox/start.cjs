"use strict";
/** `make sandbox`, `make sandbox-down`, a deploy of a sandbox that is there (`sandbox-up`), drills, and a deploy of tests (test/integration/engineUp.ts): starts what is compiled of them, and compiles it first where a source is newer. */
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

const ROOT = join(__dirname, "..");
require("../ops/build.cjs").build();
enableCompileCache(join(ROOT, "node_modules/.cache/phiward"));
require(join(ROOT, "policies/bin", `${process.argv[2]}.js`));
