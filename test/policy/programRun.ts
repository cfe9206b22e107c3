/** Programs that are run and judged in the process of the tests: a program of one's own, without a process for each. */
import { analyze, type Diagnostic } from "../../policies/engine/analyze";
import type { Registration } from "../../policies/program/registration";
import { runProgram } from "../../policies/program/run";

/** What a program registers, as at a preview. */
export async function registeredBy(load: () => unknown, config: Readonly<Record<string, string>> = {}): Promise<readonly Registration[]> {
  const request = { directory: __dirname, project: "other", stack: "test", config, secretKeys: [] };
  return (await runProgram(request, load)).registrations;
}

/** What the policies say of a program. */
export async function diagnosticsOf(load: () => unknown): Promise<readonly Diagnostic[]> {
  return analyze(await registeredBy(load));
}
