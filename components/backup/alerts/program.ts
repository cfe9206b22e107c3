/** The program that tells people of failures: read from its file here, since plans are pure. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Text of the program. */
export const ALERT_PROGRAM = readFileSync(join(__dirname, "host", "alert.py"), "utf8");
