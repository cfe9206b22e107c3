/** The program that makes certificates on the host: read from its file here, since plans are pure. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Text of the program. */
export const CERTIFICATE_PROGRAM = readFileSync(join(__dirname, "host", "certificate.py"), "utf8");
