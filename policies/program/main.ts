/** The process that a program is judged in: reads a request from its standard input, and answers on descriptor 3. */
import { existsSync, readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { judgements } from "../engine/analyze";
import type { Judgement } from "../engine/judge";
import type { Configured } from "../engine/thresholds";
import type { Registration } from "./registration";
import { type ProgramRequest, runProgram } from "./run";

/** A request to judge a program. */
export interface VerdictRequest extends ProgramRequest {
  /** File that is loaded, in JavaScript or TypeScript. */
  readonly main: string;
  /** What the stack has set of the thresholds of rules, by id of the rule. */
  readonly configured?: Readonly<Record<string, Configured>>;
}

/** A resource as a report names it. */
export type NamedRegistration = Pick<Registration, "urn" | "type" | "name" | "source">;

/** What the policies say of a program, or why it could not be asked. */
export type ProgramVerdict =
  | {
      readonly kind: "judged";
      readonly resources: readonly NamedRegistration[];
      readonly functions: readonly string[];
      readonly judgements: readonly Judgement[];
    }
  /** `said` where the program itself refuses to run, in its own words. */
  | { readonly kind: "failed"; readonly said: boolean; readonly message: string };

/** Descriptor of the answer: what a program prints is its own. */
export const ANSWER_DESCRIPTOR = 3;

async function verdict(request: VerdictRequest): Promise<ProgramVerdict> {
  const load = createRequire(join(request.directory, "index.js"));
  try {
    if (request.main.endsWith(".ts")) registerTypeScript(request.directory);
    const { registrations, functions } = await runProgram(request, () => load(resolve(request.directory, request.main)) as unknown);
    const resources = registrations.map(({ urn, type, name, source }) => ({
      urn,
      type,
      name,
      ...(source === undefined ? {} : { source }),
    }));
    return { kind: "judged", resources, functions, judgements: await judgements(registrations, request.configured) };
  } catch (error) {
    return { kind: "failed", said: RunError.isInstance(error), message: error instanceof Error ? error.message : String(error) };
  }
}

// Without its types, which are another command's, and by the settings of its own project, as Pulumi loads it; else by Pulumi's own.
function registerTypeScript(directory: string): void {
  const { register } = createRequire(__filename)("ts-node") as { register: (options: object) => void };
  const settings = existsSync(join(directory, "tsconfig.json")) ? {} : { target: "es2022", module: "commonjs", moduleResolution: "node" };
  register({ cwd: directory, transpileOnly: true, compilerOptions: { ...settings, ignoreDeprecations: "6.0" } });
}

void verdict(JSON.parse(readFileSync(0, "utf8")) as VerdictRequest).then((answer) => {
  const bytes = Buffer.from(JSON.stringify(answer));
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(ANSWER_DESCRIPTOR, bytes, sent);
  // A program may keep timers and connections open; its resources are registered.
  process.exit(0);
});
