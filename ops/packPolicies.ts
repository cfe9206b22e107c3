/**
 * `npm run pack:policies [DIRECTORY]`: makes a package of the policies that others use alone, with `pulumi preview --policy-pack`. It is
 * plain JavaScript: what the pack loads, and nothing of the commands or the program. Without a directory, into the working directory, as
 * `npm pack` does. Prints the path of the archive.
 */
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { outputOf } from "./lib/process";
import { ROOT } from "./lib/root";
import { print } from "./lib/terminal";

const ENTRY = "pack.js";
// Read when they are loaded: a rule compares what a host is sent with what is installed there.
const HOST_PROGRAMS = "*.pyz";

const manifest = z.looseObject({ name: z.string(), version: z.string(), description: z.string(), license: z.string() });
const project = z.looseObject({ engines: z.record(z.string(), z.string()), dependencies: z.record(z.string(), z.string()) });

/** Makes the package's archive in a directory; returns its path. Throws OperatorError where the sources cannot be bundled. */
export function packPolicies(directory: string): string {
  const scratch = mkdtempSync(join(tmpdir(), "phiward-policies-"));
  try {
    const [compiled, staged] = [join(scratch, "compiled"), join(scratch, "package")];
    outputOf(["node", join(ROOT, "ops/bundle.cjs"), compiled]);
    const { files, packages } = closure(compiled, ENTRY);
    for (const file of files) copy(compiled, staged, file);
    for (const file of globSync(HOST_PROGRAMS, { cwd: compiled })) copy(compiled, staged, file);
    writePackage(staged, packages);
    mkdirSync(directory, { recursive: true });
    return join(
      resolve(directory),
      outputOf(["npm", "pack", "--silent", "--pack-destination", resolve(directory)], { cwd: staged }).trim(),
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What a bundled file loads, itself and through others: files of its own tree, and packages by name. */
function closure(tree: string, entry: string): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const next = [entry];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const [, name = ""] of readFileSync(join(tree, file), "utf8").matchAll(/\brequire\("([^"]+)"\)/g))
      if (name.startsWith(".")) next.push(join(dirname(file), name));
      else if (!isBuiltin(name))
        packages.add(
          name
            .split("/")
            .slice(0, name.startsWith("@") ? 2 : 1)
            .join("/"),
        );
  }
  return { files, packages };
}

function copy(from: string, to: string, file: string): void {
  mkdirSync(dirname(join(to, file)), { recursive: true });
  cpSync(join(from, file), join(to, file));
}

// The versions are those that the rules were tested with.
function writePackage(staged: string, packages: ReadonlySet<string>): void {
  const { name, version, description, license } = manifest.parse(JSON.parse(readFileSync(join(ROOT, "policies/package.json"), "utf8")));
  const { engines, dependencies } = project.parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
  const needed = [...packages].sort().map((needs): [string, string] => {
    const exact = dependencies[needs];
    if (exact === undefined) throw new Error(`package.json: found no dependency ${needs}, which the policies load`);
    return [needs, exact];
  });
  const published = { name, version, description, license, main: ENTRY, engines, dependencies: Object.fromEntries(needed) };
  writeFileSync(join(staged, "package.json"), `${JSON.stringify(published, undefined, 2)}\n`);
  // Without its compiler, which Pulumi's runner otherwise loads for every pack.
  const runtime = { name: "nodejs", options: { typescript: false } };
  writeFileSync(join(staged, "PulumiPolicy.yaml"), stringify({ description, runtime, main: ENTRY }));
  cpSync(join(ROOT, "policies/README.md"), join(staged, "README.md"));
  cpSync(join(ROOT, "LICENSE"), join(staged, "LICENSE"));
}

if (require.main === module) print(packPolicies(process.argv[2] ?? "."));
