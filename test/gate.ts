/** `make test`: every check of the project, in order; the last line counts them. `--no-hosts` leaves the host suite out. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { z } from "zod";
import { start } from "../ops/lib/process";
import type { Argv } from "../ops/lib/programs";

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()) })),
    }),
  ),
});
type Report = z.infer<typeof report>;
const times = z.array(z.object({ file: z.string(), seconds: z.number() }));
const slowest: { readonly file: string; readonly seconds: number }[] = [];
/** What failed, said once more at the end: the log of a whole run is long, and some show its tail alone. */
const failures: string[] = [];
const MESSAGE_LINES = 12;
const SHORT_CHARACTERS = 120;
const scratch = mkdtempSync(join(tmpdir(), "phiward-gate-"));

function run(argv: Argv, settings: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    start(argv, { env: { ...process.env, ...settings }, stdio: ["ignore", "inherit", "inherit"] })
      .on("error", reject)
      .on("exit", (code) => {
        resolve(code ?? 1);
      });
  });
}

async function one(argv: Argv): Promise<Count> {
  const code = await run(argv);
  if (code !== 0) failures.push(`${argv.join(" ")}: exit ${String(code)}`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** Python's unittest tells its counts in words, on standard error. Begun first of all: it and the compilers have a processor each. */
async function hostPrograms(): Promise<Count> {
  const { status, stderr } = await python;
  process.stdout.write(stderr);
  const ran = Number(/^Ran (\d+) tests?/m.exec(stderr)?.[1] ?? 0);
  const bad = [...stderr.matchAll(/(?:failures|errors)=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  const failed = status === 0 && ran > 0 ? 0 : Math.max(bad, 1);
  if (failed > 0) failures.push(...(stderr.match(/^(?:FAIL|ERROR): .*$/gm) ?? ["python3 -m unittest: no test ran to its end"]));
  return { passed: Math.max(ran - bad, 0), failed, skipped: 0 };
}

const python = new Promise<{ readonly status: number; readonly stderr: string }>((resolve, reject) => {
  const child = start(["python3", "-W", "error", "-m", "unittest", "discover", "-s", "tests", "-t", "."], {
    cwd: "components/host",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  child.on("error", reject).on("close", (code) => {
    resolve({ status: code ?? 1, stderr });
  });
});
python.catch(() => undefined);

function failuresOf({ testResults }: Report): readonly string[] {
  const shown = (title: string, message: string): string => `${title}\n    ${message.split("\n").slice(0, MESSAGE_LINES).join("\n    ")}`;
  return testResults.flatMap(({ name: path, status, message, assertionResults }) => {
    const name = relative(process.cwd(), path);
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (failed.length === 0) return status === "failed" ? [shown(name, message)] : [];
    return failed.map(({ fullName, failureMessages }) => shown(`${name}: ${fullName}`, failureMessages.join("\n")));
  });
}

async function suite(project: string): Promise<Count> {
  const reports = join(scratch, project);
  const code = await run(["vitest", "run", `--project=${project}`], { PHIWARD_REPORTS: reports });
  try {
    const found = report.parse(JSON.parse(readFileSync(`${reports}.json`, "utf8")));
    slowest.push(...times.parse(JSON.parse(readFileSync(`${reports}.seconds.json`, "utf8"))));
    const named = failuresOf(found);
    failures.push(...(named.length === 0 && code !== 0 ? [`${project}: an error outside of any test; see its output above`] : named));
    // A file that cannot be loaded, or an error between tests, fails the run without a failed test.
    const failed = found.numFailedTests > 0 ? found.numFailedTests : code === 0 && found.success ? 0 : 1;
    return { passed: found.numPassedTests, failed, skipped: found.numPendingTests + found.numTodoTests };
  } catch {
    failures.push(`${project}: no report was written`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

const stages: readonly (readonly [string, () => Promise<Count>])[] = [
  ["types", () => one(["tsc", "--noCheck", "false", "-p", "."])],
  ["lint: eslint", () => one(["eslint", "."])],
  ["lint: format", () => one(["biome", "check", "."])],
  ["lint: unused code", () => one(["knip"])],
  ["host programs: types", () => one(["pyright", "--project", "components/host"])],
  ["host programs: lint and format", () => one(["node", "-r", "ts-node/register/transpile-only", "components/host/lint.ts"])],
  ["host programs", hostPrograms],
  ["unit", () => suite("unit")],
  ["policy", () => suite("policy")],
  ...(process.argv.includes("--no-hosts") ? [] : [["host", () => suite("host")] as const]),
];

/** A failed test in a line or two, so that the tail of a log has all of them. */
function inShort(failure: string): string {
  const [title = "", ...message] = failure.split("\n").map((line) => line.trim());
  const file = /^\S*\/([^/\s]+?)(?:\.test)?\.ts: /.exec(title);
  const name = file === null ? title : `${file[1] ?? ""}: ${title.slice(file[0].length)}`;
  const cut = (text: string): string => (text.length > SHORT_CHARACTERS ? `${text.slice(0, SHORT_CHARACTERS)}...` : text);
  return message[0] === undefined ? cut(name) : `${cut(name)}\n    ${cut(message[0])}`;
}

/** The longest last, for the same reason. */
function table(): string {
  const longestLast = slowest.toSorted((one, other) => one.seconds - other.seconds);
  return longestLast.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}\n`).join("");
}

async function main(): Promise<void> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const took: string[] = [];
  for (const [name, stage] of stages) {
    process.stdout.write(`\n== ${name}\n`);
    const start = performance.now();
    const count = await stage();
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
    const seconds = `${((performance.now() - start) / 1000).toFixed(0)} s`;
    took.push(`${name} ${seconds}`);
    process.stdout.write(
      `== ${name}: ${String(count.passed)} passed, ${String(count.failed)} failed, ${String(count.skipped)} skipped, ${seconds}\n`,
    );
  }
  rmSync(scratch, { recursive: true, force: true });
  process.stdout.write(`\n== seconds of each test file, with its hooks\n${table()}== of each stage: ${took.join(", ")}\n`);
  if (failures.length > 0)
    process.stdout.write(`\n== failed\n${failures.join("\n")}\n\n== failed, in short\n${failures.map(inShort).join("\n")}\n`);
  process.stdout.write(`\n${String(total.passed)} passed, ${String(total.failed)} failed, ${String(total.skipped)} skipped\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

void main();
