// Puts every small change of the policies into a copy of the project, each behind a switch, and says which of them compile.
// `node test/mutants/instrument.mjs policies/rules/`: of files whose path has that in it.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { notCompiling } from "./compiles.mjs";

const COPY = ".mutants/findings";
const COPIED = ["components", "docs", "examples", "ops", "policies", "sandbox", "test/policy", "test/unit", "test/mutants/asked.ts"];
const FILES = ["Pulumi.prod.yaml", "Pulumi.sandbox.yaml", "Pulumi.yaml", "index.ts", "package.json", "tsconfig.json", "waivers.prod.yaml"];
const wanted = process.argv[2] ?? "policies/";

rmSync(COPY, { recursive: true, force: true });
mkdirSync(COPY, { recursive: true });
for (const path of [...COPIED, ...FILES]) cpSync(path, join(COPY, path), { recursive: true });
symlinkSync(resolve("node_modules"), join(COPY, "node_modules"));

const quiet = new Proxy({}, { get: (_, name) => (String(name).startsWith("is") ? () => false : () => undefined) });
const files = ["rules", "readers"]
  .flatMap((directory) => readdirSync(join("policies", directory)).map((file) => join("policies", directory, file)))
  .filter((path) => path.includes(wanted))
  .map((name) => ({ name, mutate: true, content: readFileSync(name, "utf8") }));
const instrumented = await new Instrumenter(quiet).instrument(files, { plugins: null, excludedMutations: [], ignorers: [] });
for (const { name, content } of instrumented.files)
  // What covers a change is asked once; after that the question would take most of the time.
  writeFileSync(join(COPY, name), content.replace("function cover() {", "function cover() { if (ns.isCovered) return;"));

const changes = instrumented.mutants.map(({ id, fileName: path, location, mutatorName, replacement }) => ({ id, path, location, mutatorName, replacement }));
const refused = notCompiling(changes);
writeFileSync(join(COPY, "changes.json"), JSON.stringify(changes.map((change) => ({ ...change, compiles: !refused.has(change.id) }))));
process.stdout.write(`${files.length} files, ${changes.length} changes, ${changes.length - refused.size} of which compile\n`);
