/** What the Pulumi SDK does to each promise so that it can be debugged. */
import { createRequire } from "node:module";

/** What of the SDK marks promises. */
export interface Debuggable {
  debuggablePromise: <Made>(promise: Made, context?: string) => Made;
}

/**
 * Has the SDK leave promises as they are. It keeps the stack of where each was made, a fifth of a program's time, for the report of
 * promises that never end, which nobody reads of a process that is judged. To be called before the program is loaded.
 */
export function leavePromises(): void {
  const load = createRequire(createRequire(__filename).resolve("@pulumi/pulumi"));
  const sdk = load("./runtime/debuggable") as Debuggable;
  sdk.debuggablePromise = (promise) => promise;
}
