/** The programs of this room that run on the host: constant, read once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const source = (name: string): string => readFileSync(join(__dirname, "host", `${name}.py`), "utf8");

/** Speaks to the engine over its socket; what needs it has it before its own lines. */
export const API_SOURCE = source("api");
/** Tries a database's image on throw-away data. */
export const TRIAL_PROGRAM = `${API_SOURCE}\n\n${source("trial")}`;
/** Loads or pulls images. */
export const IMAGES_PROGRAM = source("images");
