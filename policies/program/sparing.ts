/** What Pulumi's SDK does in each preview and nobody uses of a compiled program: spared, also where `pulumi` is run by hand. */
import { enableCompileCache } from "node:module";
import { deferPackages } from "./deferred";

/** To be called by what the SDK's runner starts, before anything else loads the SDK. `cache`: where Node.js keeps what it compiles. */
export function spare(cache?: string): void {
  if (cache !== undefined) enableCompileCache(cache);
  deferPackages();
  leaveMarks();
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

/** What reads positions in compiled files as those of their sources, where something does. */
interface Mapping {
  readonly prepareStackTrace?: (this: unknown, error: Error, frames: NodeJS.CallSite[]) => unknown;
}
