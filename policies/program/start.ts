/** Starts the process that a program is judged in. */
import { deferPackages } from "./deferred";

deferPackages();
// Only now: it loads the SDK.
void import("./main.js");
