"use strict";
/**
 * `node ops/bundle.cjs DIRECTORY`: makes the commands, the sandbox, the gate's process, the policy pack and the program plain JavaScript, in a few
 * files: Node.js starts in a third of the time that it takes to find and read several hundred. What they import is followed, wherever
 * it stands; Pulumi's packages stay outside, since a program and what judges it must have the same.
 */
const { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } = require("node:fs");
const { join, relative } = require("node:path");

const ROOT = join(__dirname, "..");
const ENTRIES = {
  phiward: "ops/main.ts",
  judge: "policies/program/start.ts",
  pack: "policies/start.ts",
  sparing: "policies/program/sparing.ts",
  program: "index.ts",
  archive: "components/host/archive.ts",
  sandbox: "sandbox/main.ts",
  "sandbox-down": "sandbox/down.ts",
  "sandbox-up": "sandbox/again.ts",
  drill: "sandbox/drills/main.ts",
  // What tests of whole stacks run again and again.
  "engine-up": "test/integration/engineUp.ts",
};
const OUTSIDE = [/^@pulumi\//, /^google-protobuf/, "ts-node"];
const HOST_PROGRAMS = "components/host/phiward_host";

async function bundle(directory) {
  const { rolldown } = await import("rolldown");
  const made = await rolldown({
    cwd: ROOT,
    // Whoever has the commands and the policies alone has no sandbox.
    input: Object.fromEntries(Object.entries(ENTRIES).filter(([, path]) => existsSync(join(ROOT, path)))),
    external: OUTSIDE,
    platform: "node",
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    // Some packages set themselves up by being loaded, whatever they say.
    treeshake: { moduleSideEffects: true },
    logLevel: "warn",
  });
  const { output } = await made.write({
    dir: directory,
    format: "cjs",
    // A finding in the program names the line of its source.
    sourcemap: true,
    keepNames: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  });
  await made.close();
  return output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
}

/** Packs what travels to hosts: no command does it again. */
function packPrograms(directory) {
  const source = join(directory, "phiward_host");
  cpSync(join(ROOT, HOST_PROGRAMS), source, { recursive: true });
  const { agentArchive, evidenceArchive, hostArchive, standInArchive } = require(join(directory, "archive.js"));
  const archives = { agent: agentArchive, evidence: evidenceArchive, host: hostArchive, "stand-in": standInArchive };
  for (const [name, pack] of Object.entries(archives))
    writeFileSync(join(directory, `${name}.pyz`), pack());
  rmSync(source, { recursive: true });
}

/** Paths of all that it is made of, relative to the root; of a directory whose every program is packed, its own as well. */
function inputs(modules) {
  const own = modules.map((id) => relative(ROOT, id)).filter((path) => path.endsWith(".ts") && !path.startsWith("node_modules"));
  const entries = readdirSync(join(ROOT, HOST_PROGRAMS), { recursive: true, withFileTypes: true });
  const programs = entries.filter((entry) => entry.name.endsWith(".py")).map((entry) => relative(ROOT, entry.parentPath));
  const files = entries.filter((entry) => entry.name.endsWith(".py")).map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
  return [...new Set([...own, ...programs, ...files])].sort();
}

async function main(directory) {
  mkdirSync(directory, { recursive: true });
  const modules = await bundle(directory);
  packPrograms(directory);
  writeFileSync(join(directory, ".built"), inputs(modules).join("\n"));
}

main(process.argv[2]).catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
