/** What a preview costs, beside one of an empty program: what Pulumi itself costs is not ours to answer for. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { outputOf, runSync } from "../ops/lib/process";
import type { Argv } from "../ops/lib/programs";
import { pulumiEnvironment, pulumiVersion } from "../ops/lib/pulumi";
import { median, row } from "./benchRows";
import { type Taken, taken } from "./machines/cpuTime";

const ROOT = resolve(__dirname, "..");
const ROUNDS = 5;
// What the program is made of; the stack's file is a copy.
const LINKED = ["Pulumi.yaml", "index.cjs", "index.ts", "components", "ops", "policies", "node_modules", "package.json", "tsconfig.json"];

/** Previews, by turns, of an empty program, of `Pulumi.prod.yaml`, and of that with the policy pack: medians, and their ratios. */
export async function previews(): Promise<readonly string[]> {
  const version = pulumiVersion();
  if (version === undefined) return ["preview: not measured, no pulumi on PATH"];
  const directory = mkdtempSync(join(tmpdir(), "phiward-bench-"));
  try {
    const env = {
      ...pulumiEnvironment(process.env),
      PULUMI_BACKEND_URL: `file://${directory}/state`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
    };
    mkdirSync(join(directory, "state"));
    const [empty, ours] = [emptyProgram(directory), ourProgram(directory)];
    for (const cwd of [empty, ours]) must(["pulumi", "stack", "select", "--create", "bench", "--non-interactive"], { cwd, env });
    const key = readFileSync(join(directory, "first"), "utf8");
    must(["pulumi", "config", "set", "--secret", "--path", "firstHostKeys.web", "--stack", "bench"], { cwd: ours, env, input: key });
    return lines(version, await byTurns(empty, ours, env));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function emptyProgram(directory: string): string {
  const made = join(directory, "empty");
  mkdirSync(made);
  writeFileSync(join(made, "Pulumi.yaml"), "name: empty\nruntime: nodejs\n");
  writeFileSync(join(made, "index.ts"), "export {};\n");
  writeFileSync(join(made, "package.json"), '{ "main": "index.ts" }');
  symlinkSync(join(ROOT, "node_modules"), join(made, "node_modules"));
  return made;
}

/** This program, with a copy of the stack's file, which has a first host key that was made for this run. */
function ourProgram(directory: string): string {
  const made = join(directory, "ours");
  mkdirSync(made);
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(made, name));
  outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(directory, "first")]);
  const stack = parseDocument(readFileSync(join(ROOT, "Pulumi.prod.yaml"), "utf8"));
  stack.setIn(["config", "phiward:hosts", 0, "firstHostKey"], readFileSync(join(directory, "first.pub"), "utf8").trim());
  writeFileSync(join(made, "Pulumi.bench.yaml"), String(stack));
  return made;
}

type Kind = "empty" | "ours" | "judged" | "run";

async function byTurns(empty: string, ours: string, env: NodeJS.ProcessEnv): Promise<Readonly<Record<Kind, readonly Taken[]>>> {
  const all: Record<Kind, Taken[]> = { empty: [], ours: [], judged: [], run: [] };
  const preview = (cwd: string, ...pack: string[]): Promise<Taken> =>
    taken(["pulumi", "preview", "--stack", "bench", "--non-interactive", ...pack], { cwd, env });
  // The first round compiles, and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const judged = (pack: string): Promise<Taken> => preview(ours, "--policy-pack", pack);
    const one = {
      empty: await preview(empty),
      ours: await preview(ours),
      judged: await judged("policies/pack.cjs"),
      run: await judged("policies"),
    };
    if (round > 0) for (const kind of ["empty", "ours", "judged", "run"] as const) all[kind].push(one[kind]);
  }
  return all;
}

function lines(version: string, all: Readonly<Record<Kind, readonly Taken[]>>): readonly string[] {
  const of = (unit: keyof Taken, kind: Kind): number => median(all[kind].map((one) => one[unit]));
  const rows = (unit: keyof Taken, words: string): string[] => {
    const over = ["the empty one", of(unit, "empty")] as const;
    return [
      row(`preview of an empty program, ${words}`, of(unit, "empty")),
      row(`preview of Pulumi.prod.yaml, ${words}`, of(unit, "ours"), over),
      row(`preview with the policy pack, ${words}`, of(unit, "judged"), over),
      row(`  by Pulumi's runner of packs, ${words}`, of(unit, "run"), over),
    ];
  };
  return [`pulumi ${version}, medians of ${String(ROUNDS)} by turns`, ...rows("cpu", "CPU"), ...rows("wall", "wall")];
}

function must(argv: Argv, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly input?: string }): void {
  const { status, stderr } = runSync(argv, options);
  if (status !== 0) throw new Error(`${argv.slice(0, 3).join(" ")}: ${stderr}`);
}
