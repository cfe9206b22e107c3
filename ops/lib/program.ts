/** A Pulumi program in TypeScript or JavaScript, and what the policies say of what it registers; in a process of its own. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { member } from "../../components/config/unknown";
import type { ProgramVerdict, VerdictRequest } from "../../policies/program/main";
import { OperatorError } from "./errors";
import { runSync } from "./process";
import { PROJECT_FILE, readProject } from "./project";
import { ROOT } from "./root";
import { quotedLines } from "./terminal";

// What is bundled stands side by side.
const JUDGE = join(__dirname, "judge.js");
const PROGRAM = join(__dirname, "program.js");

/** Where a program is, and how Pulumi calls its project. */
export type Program = Pick<VerdictRequest, "directory" | "main" | "project">;

/** phiward's own program, compiled with the commands. */
export function ownProgram(): Program {
  return { directory: ROOT, main: PROGRAM, project: "phiward" };
}

/** The program of a project's directory. Throws OperatorError if it has none that Pulumi would run with Node.js. */
export function programIn(directory: string): Program {
  const file = join(directory, PROJECT_FILE);
  if (!existsSync(file)) throw refusal(file, "no such file", "a directory with the project of a Pulumi program");
  const project = readProject(file);
  const runtime = member(project, "runtime");
  const engine = typeof runtime === "string" ? runtime : member(runtime, "name");
  if (engine !== "nodejs") throw refusal(file, "a runtime that is not nodejs", "a program in TypeScript or JavaScript");
  const name = member(project, "name");
  if (typeof name !== "string") throw refusal(file, "no name", "the project's name");
  return { directory: resolve(directory), main: mainOf(directory, member(project, "main")), project: name };
}

// As Pulumi finds it: what the project's file names, else what the package names, else the index.
function mainOf(directory: string, named: unknown): string {
  const base = typeof named === "string" ? join(directory, named) : directory;
  if (existsSync(base) && statSync(base).isFile()) return resolve(base);
  const manifest = join(base, "package.json");
  const main: unknown = existsSync(manifest) ? member(JSON.parse(readFileSync(manifest, "utf8")), "main") : undefined;
  const found = [...(typeof main === "string" ? [main] : []), "index.ts", "index.js"].map((file) => join(base, file)).find(isFile);
  if (found === undefined) throw refusal(base, "neither index.ts nor index.js", "the program that the project names");
  return resolve(found);
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function refusal(path: string, found: string, allowed: string): OperatorError {
  return new OperatorError(`${path}: found ${found}, allowed: ${allowed}`, 2);
}

const SECONDS = 120;
const UNCOMPILED = "A program of one's own needs npm ci in its directory";

/** What the policies say. Throws OperatorError where the program does not run to its end: with its own words where it has some. */
export function judgeProgram(request: VerdictRequest): Extract<ProgramVerdict, { readonly kind: "judged" }> {
  const { output, stderr } = runSync(["node", JUDGE], {
    cwd: request.directory,
    input: JSON.stringify(request),
    stdio: ["pipe", "ignore", "pipe", "pipe"],
    timeout: SECONDS * 1000,
  });
  const answer = answered(output[3]);
  if (answer?.kind === "judged") return answer;
  if (answer?.said === true) throw new OperatorError(answer.message, 3);
  const words =
    answer?.message ??
    (stderr.trim() === ""
      ? "the program exited before all was made: it calls process.exit, or waits for a promise that never ends"
      : stderr);
  const advice = words.startsWith("Cannot find module") ? `\n${UNCOMPILED}` : "";
  throw new OperatorError(`${request.main}: the program failed, so nothing was judged:\n    | ${quotedLines(words)}${advice}`, 2);
}

function answered(text: string | null | undefined): ProgramVerdict | undefined {
  try {
    return JSON.parse(text ?? "") as ProgramVerdict;
  } catch {
    return undefined;
  }
}
