/** Runs the programs by which a host is looked at. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What a program answered, whatever its exit code. */
export interface ToolAnswer {
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it is not installed here. */
  readonly missing: boolean;
}

/** Runs a program with nothing on its standard input. */
export async function tool(argv: readonly string[]): Promise<ToolAnswer> {
  const [program = "", ...args] = argv;
  try {
    const running = promisify(execFile)(program, args, { maxBuffer: 16 * 1024 * 1024, timeout: 150_000 });
    running.child.stdin?.end();
    return { ...(await running), missing: false };
  } catch (error) {
    const field = (name: string): string =>
      typeof error === "object" && error !== null && name in error ? String(Reflect.get(error, name)) : "";
    return { stdout: field("stdout"), stderr: field("stderr"), missing: field("code") === "ENOENT" || field("code") === "127" };
  }
}
