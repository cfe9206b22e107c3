/** The program that makes, checks and restores backups: its parts in the order of their numbers, read here since plans are pure. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PARTS = join(__dirname, "host");

/** Texts of the parts, first to last; the vault's program shares the first two. */
export const BACKUP_PARTS: readonly string[] = readdirSync(PARTS)
  .filter((name) => name.endsWith(".py"))
  .sort()
  .map((name) => readFileSync(join(PARTS, name), "utf8"));

/** Text of the program. */
export const BACKUP_PROGRAM = BACKUP_PARTS.join("\n\n");
