/** Lints the host's Python and checks its format, with ruff as npm has it: `lint.ts [--fix] [path…]`; exit 1 if anything is found. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Diagnostic, PositionEncoding, Workspace } from "@astral-sh/ruff-wasm-nodejs";
import { BANNED, FILE_MODULES, opens, REACH_FILES } from "./fileRule";

const HOME = __dirname;
// The embedded engine imports the package from its own module.
const ROOTS = ["phiward_host", "tests", "../../sandbox/engine"];
// A fix may make another one possible.
const ROUNDS = 10;

const base = {
  // Hosts have 3.13; the code stays valid for 3.11, which developers may have.
  "target-version": "py311",
  "line-length": 120,
};
const isort = { "known-first-party": ["phiward_host", "tests"] };
const select = [
  ...[
    "E",
    "W",
    "F",
    "I",
    "N",
    "UP",
    "B",
    "C4",
    "C90",
    "SIM",
    "RET",
    "PIE",
    "RUF",
    "ARG",
    "ERA",
    "S",
    "T10",
    "TRY002",
    "TRY201",
    "PLE",
    "PLW",
    "PGH",
  ],
  // Functions fit a screen.
  "PLR0915",
];
// S404, S603, S606, S607: running programs is what these are for, as lists without a shell; the fixed environment says where they are.
// RUF001-3: prose holds dashes and ellipses. SIM115: descriptors are handed on to children. N818: an
// exception is named for what happened. S608: statements are made of quoted names and literals (databases/).
const ignore = ["S404", "S603", "S606", "S607", "RUF001", "RUF002", "RUF003", "SIM115", "N818", "S608"];
const lint = { select, ignore, isort, mccabe: { "max-complexity": 12 }, pylint: { "max-statements": 40 } };
// Tests write where they like, hold made-up secrets, and stand in for functions whose arguments they do not use.
const testIgnore = [...ignore, "S", "ARG", "N802", "PLR0915", "PLW0603"];

const product = new Workspace(
  { ...base, lint: { ...lint, select: [...select, "TID251"], "flake8-tidy-imports": { "banned-api": BANNED } } },
  PositionEncoding.Utf16,
);
// What reaches files for all others.
const reaching = new Workspace({ ...base, lint }, PositionEncoding.Utf16);
const tests = new Workspace({ ...base, lint: { ...lint, ignore: testIgnore } }, PositionEncoding.Utf16);

function filesOf(words: readonly string[]): readonly string[] {
  const roots = words.length > 0 ? words : ROOTS.map((root) => join(HOME, root));
  return roots.flatMap((root) => (statSync(root).isDirectory() ? pythonIn(root) : [root])).sort();
}

function pythonIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".py"))
    .map((path) => join(directory, path));
}

function found(workspace: Workspace, text: string): readonly Diagnostic[] {
  // The package declares no type for what its own documentation calls Diagnostic[].
  return workspace.check(text) as readonly Diagnostic[];
}

function fixed(workspace: Workspace, text: string): string {
  let now = text;
  for (let round = 0; round < ROUNDS; round += 1) {
    const fix = found(workspace, now).find((diagnostic) => diagnostic.fix !== null)?.fix;
    if (fix === undefined || fix === null) break;
    for (const { content, location, end_location } of [...fix.edits].reverse())
      now = now.slice(0, offset(now, location)) + (content ?? "") + now.slice(offset(now, end_location));
  }
  return workspace.format(now);
}

function offset(text: string, { row, column }: { readonly row: number; readonly column: number }): number {
  const before = text.split("\n").slice(0, row - 1);
  return before.reduce((sum, line) => sum + line.length + 1, 0) + column - 1;
}

function workspaceOf(path: string): Workspace {
  if (path.startsWith(join(HOME, "tests"))) return tests;
  return FILE_MODULES.some((module) => path === join(HOME, module)) || !path.startsWith(HOME) ? reaching : product;
}

function faults(path: string, fix: boolean): readonly string[] {
  const workspace = workspaceOf(path);
  const name = relative(process.cwd(), path);
  let text = readFileSync(path, "utf8");
  if (fix) writeFileSync(path, (text = fixed(workspace, text)));
  const lines = found(workspace, text).map(
    ({ code, message, start_location: { row, column } }) => `${name}:${String(row)}:${String(column)}: ${code ?? "syntax"}: ${message}`,
  );
  if (workspace === product) lines.push(...opens(text).map((row) => `${name}:${String(row)}: open() is banned: ${REACH_FILES}`));
  return workspace.format(text) === text ? lines : [...lines, `${name}: not formatted; run it with --fix`];
}

const words = process.argv.slice(2);
const all = filesOf(words.filter((word) => word !== "--fix").map((word) => join(process.cwd(), word))).flatMap((path) =>
  faults(path, words.includes("--fix")),
);
process.stdout.write(all.map((line) => `${line}\n`).join(""));
process.exitCode = all.length > 0 ? 1 : 0;
