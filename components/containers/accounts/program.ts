/** The program of this room that runs on the host: constant, read once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Adds and retires accounts of databases. */
export const ACCOUNTS_PROGRAM = readFileSync(join(__dirname, "host", "accounts.py"), "utf8");
