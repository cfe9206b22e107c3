/** Runs a command: its faults become one sentence on standard error and an exit code, never a stack trace. */
import { OperatorError } from "./errors";
import { warn } from "./terminal";

/** Resolves with the exit code of `command`: what it returns, or 1, 2 or 3 by the fault it throws. */
export async function exitCodeOf(command: () => Promise<number> | number): Promise<number> {
  try {
    return await command();
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
    return error instanceof OperatorError ? error.code : 2;
  }
}

/** Runs the command that this process was started for. */
export function operate(command: () => Promise<number> | number): void {
  void exitCodeOf(command).then((code) => {
    process.exitCode = code;
  });
}
