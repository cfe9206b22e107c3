import type { DatabaseKind } from "../../config/sections/databaseKinds";
import type { DatabaseEngine } from "./engine";
import { postgres } from "./postgres";
import { redis } from "./redis";

/** The engine of each kind of database: a kind without one does not compile, nor does an engine without a kind. */
export const ENGINES: Readonly<Record<DatabaseKind, DatabaseEngine>> = { postgres, redis };
