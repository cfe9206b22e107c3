/** Runs the programs by which a host is examined. */
import { answerOf } from "./process";
import { type Argv, ProgramMissing } from "./programs";

/** What a program answered, whatever its exit status. */
export interface ToolAnswer {
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it is not installed here. */
  readonly missing: boolean;
}

// Exit status of env(1), nsenter(1) and the shell where the program that they are to start is not there.
const NOT_FOUND = 127;

/** Runs a program with nothing on its standard input, for two and a half minutes at most: a scan of all ports takes up to 140 s. */
export async function tool(argv: Argv): Promise<ToolAnswer> {
  try {
    const { code, stdout, stderr } = await answerOf(argv, { timeout: 150_000 });
    return { stdout, stderr, missing: code === NOT_FOUND };
  } catch (error) {
    if (error instanceof ProgramMissing) return { stdout: "", stderr: error.message, missing: true };
    throw error;
  }
}
