/** The program of this room that runs on the host: constant, read once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Waits until requests that were begun before a reload have ended. */
export const DRAIN_PROGRAM = readFileSync(join(__dirname, "host", "drain.py"), "utf8");
