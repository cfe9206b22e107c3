/** Starts the process that a program is judged in. */
import { deferPackages } from "./deferred";
import { leavePromises } from "./promises";

deferPackages();
leavePromises();
// Only now: it loads the SDK.
void import("./main.js");
