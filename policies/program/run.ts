/** Runs a Pulumi program as at a preview, with no engine, provider or network, and tells what it registers. */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { type Locator, RecordingMonitor } from "./monitor";
import type { Registration } from "./registration";
import { SourceMaps } from "./sourceMaps";

/** A program, and what Pulumi would hand it. */
export interface ProgramRequest {
  /** Directory that has the project's file. */
  readonly directory: string;
  readonly project: string;
  readonly stack: string;
  /** Key with namespace to text, as Pulumi hands it over. */
  readonly config: Readonly<Record<string, string>>;
  /** Keys whose values are secrets. */
  readonly secretKeys: readonly string[];
}

/** What a program did. */
export interface ProgramRun {
  readonly registrations: readonly Registration[];
  /** Functions of providers that it called, whose answers only they know. */
  readonly functions: readonly string[];
}

const EVENTS = ["unhandledRejection", "uncaughtException"] as const;

/** Runs what `load` loads, and waits for all that it registers. Rejects with the first fault of the program. */
export async function runProgram(
  { directory, project, stack, config, secretKeys }: ProgramRequest,
  load: () => unknown,
): Promise<ProgramRun> {
  const monitor = new RecordingMonitor({ project, stack, config }, locatorIn(directory));
  // The first sets what the SDK believes of its engine, the second takes its place.
  await pulumi.runtime.setMocks({ call: () => ({}), newResource: () => ({ id: "", state: {} }) }, project, stack, true);
  pulumi.runtime.setMockOptions(monitor, project, stack, true);
  Reflect.set(pulumi.Resource, "framePositionRegExp", FRAME);
  pulumi.runtime.setAllConfig({ ...config }, [...secretKeys]);
  const { promise: faulted, reject } = Promise.withResolvers<never>();
  // They stay after a fault: what waited for it is rejected later, and the first one is told.
  for (const event of EVENTS) process.on(event, reject);
  await Promise.race([finished(load), faulted]);
  for (const event of EVENTS) process.off(event, reject);
  const withOutputs = (registration: Registration): Registration => {
    const outputs = monitor.outputs.get(registration.urn);
    return outputs === undefined || registration.custom
      ? registration
      : { ...registration, inputs: { ...registration.inputs, ...outputs } };
  };
  return { registrations: monitor.registrations.map(withOutputs), functions: [...monitor.functions].sort() };
}

// The SDK's own passes over a function without a name, e.g. the one that a caller hands on to make a resource.
const FRAME = /^\s*at (?:async )?(?:.* \()?(?<file>.+?):(?<line>\d+):(?<column>\d+)\)?$/;

const PACKAGES = "/node_modules/";

function locatorIn(directory: string): Locator {
  const maps = new SourceMaps();
  return (position) => {
    if (position.getUri().includes(PACKAGES)) return undefined;
    const { file, line } = maps.original({
      file: fileURLToPath(position.getUri()),
      line: position.getLine(),
      column: position.getColumn(),
    });
    // What is bundled holds packages too.
    return file.includes(PACKAGES) ? undefined : { file: relative(directory, file), line };
  };
}

async function finished(load: () => unknown): Promise<void> {
  await pulumi.runtime.runInPulumiStack(async () => {
    const exported = await load();
    // A program may be a function that makes its resources, or a value that it exports.
    const made: unknown = typeof exported === "function" ? await Reflect.apply(exported, undefined, []) : exported;
    return { ...Object(made) } as Record<string, unknown>;
  });
  await pulumi.runtime.disconnect();
}
