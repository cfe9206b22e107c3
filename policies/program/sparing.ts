/** What Pulumi's SDK does in each preview and nobody uses of a compiled program: spared, also where `pulumi` is run by hand. */
import { createRequire, enableCompileCache } from "node:module";
import { deferPackages } from "./deferred";
import type { Debuggable } from "./promises";

/** To be called by what the SDK's runner starts, before anything else loads the SDK. `cache`: where Node.js keeps what it compiles. */
export function spare(cache?: string): void {
  if (cache !== undefined) enableCompileCache(cache);
  deferPackages();
  leaveMarks();
  // Whoever looks into the SDK sets it, as the SDK itself asks for where a promise never ends.
  if (process.env["PULUMI_DEBUG_PROMISE_LEAKS"] === undefined)
    leaveDebugging(createRequire(createRequire(__filename).resolve("@pulumi/pulumi")));
}

/**
 * The SDK makes an error without a message for each promise and each resource, and reads its stack to know where in the sources that
 * was. Of a compiled file this tells nobody anything, and costs a fifth of a program's time. Stacks of errors that say something stay.
 */
export function leaveMarks(): void {
  const { prepareStackTrace: mapped } = Error as Mapping;
  if (mapped !== undefined)
    Error.prepareStackTrace = (error, frames) => (error.message === "" ? error.name : mapped.call(Error, error, frames));
}

/**
 * The SDK tells the engine of each step of each resource, four calls for one that registers it, and keeps the stack of where each
 * promise was made: both show nothing unless somebody debugs the SDK. A promise that never ends is still a fault.
 */
export function leaveDebugging(load: (name: string) => unknown): void {
  (load("./log") as Log).debug = () => Promise.resolve();
  const sdk = load("./runtime/debuggable") as Debuggable;
  const { debuggablePromise } = sdk;
  sdk.debuggablePromise = (promise, context) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(promise, context);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}

interface Log {
  debug: (message: string) => Promise<void>;
}

/** What reads positions in compiled files as those of their sources, where something does. */
interface Mapping {
  readonly prepareStackTrace?: (this: unknown, error: Error, frames: NodeJS.CallSite[]) => unknown;
}
