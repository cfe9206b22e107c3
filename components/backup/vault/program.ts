/** The vault's programs: what hosts may do there, and its own care of what they leave. Read here, since plans are pure. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BACKUP_PARTS } from "../backup/program";

/** Text of the forced command of the hosts' accounts. */
export const DOOR_PROGRAM = readFileSync(join(__dirname, "host", "door.py"), "utf8");

/** Text of the program that prunes and checks: behind the tools and the rules of retention that it shares with the backups. */
export const KEEPER_PROGRAM = [...BACKUP_PARTS.slice(0, 2), readFileSync(join(__dirname, "host", "keeper.py"), "utf8")].join("\n\n");
