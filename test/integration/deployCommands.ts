/** The commands of the project as a test runs them on a sandbox, which `SANDBOX` of this process names. */
import { resolve } from "node:path";
import { verifyStack } from "../../ops/commands/verify";
import { stackContext } from "../../ops/lib/context";
import { start } from "../../ops/lib/process";
import type { Argv } from "../../ops/lib/programs";
import { readStack } from "../../ops/lib/stack";

const ROOT = resolve(__dirname, "../..");

/** How a command ended, and all that it said. */
export interface Answer {
  readonly code: number;
  readonly output: string;
}

/** Runs a command in the project, or in another directory, with further settings in its environment. */
export function command(argv: Argv, stdin = "", settings: Readonly<Record<string, string>> = {}, cwd = ROOT): Promise<Answer> {
  return new Promise((done) => {
    const child = start(argv, { cwd, env: { ...process.env, ...settings }, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    const collect = (data: Buffer): void => {
      output += data.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    // A command that is refused may end without reading its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
    child.on("exit", (code) => {
      done({ code: code ?? 1, output });
    });
  });
}

/** Runs `phiward` on the sandbox. */
export function phiward(verb: string, ...options: readonly string[]): Promise<Answer> {
  return command(["node", "ops/phiward.cjs", verb, "--stack", "sandbox", ...options]);
}

/** Fails with all that was said, where a command did not succeed; what failed is said first, since reports show the beginning alone. */
export function expectDone({ code, output }: Answer): void {
  if (code !== 0) throw new Error(`exit code ${String(code)}: ${mattering(output)}\n${output}`);
}

// Checks that fail and rules that refuse; else what was said last.
function mattering(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const failed = lines.filter((line) => /\bFAIL\b|: found .+, allowed: /.test(line) && !line.includes("(advisory)"));
  return (failed.length > 0 ? failed : lines.slice(-1)).map((line) => line.trim().replaceAll(/\s+/g, " ")).join("; ");
}

/**
 * Deploys a sandbox by the embedded engine with changed sections of its configuration; `addresses` may be touched. Every command is run,
 * or those that differ from the last deploy and from what the hosts say, as `make sandbox` does.
 */
export function engine(
  id: string,
  changes: Readonly<Record<string, unknown>>,
  addresses: readonly string[],
  commands: "all" | "changed" = "all",
): Promise<Answer> {
  return command(["node", "sandbox/start.cjs", "engine-up", id, commands, ...addresses], JSON.stringify(changes));
}

/** The checks that fail on the sandbox's hosts, from inside and from outside, each as it is told. */
export async function failedChecks(): Promise<readonly string[]> {
  const context = stackContext("sandbox");
  const results = await verifyStack(readStack(context.file), context);
  return results.flatMap(({ results: checks }) => checks.filter(({ status }) => status === "fail").map((failed) => JSON.stringify(failed)));
}
