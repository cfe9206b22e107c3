/** What a stack may choose of its Redis. */
import { choice } from "./values";

/** What a Redis is for: it decides which commands its service may use, and what becomes of keys when its memory is full. */
export const REDIS_PROFILES = ["sessions", "cache", "queue"] as const;

/** A profile of Redis. */
export type RedisProfile = (typeof REDIS_PROFILES)[number];

/** The keys of Redis beside those of every database. */
export const REDIS_KEYS = {
  profile: choice(REDIS_PROFILES)
    .default("sessions")
    .describe(
      "What it is for. Each allows the commands of data, scripts and INFO. sessions: nothing more; when memory is full, keys with an end go first, and others never. cache: also KEYS, SORT, FLUSHDB and CONFIG GET; any key may go. queue: also KEYS, SORT and CLIENT LIST; no key ever goes, and writing fails instead. What else Redis counts as dangerous or for administrators is denied by each of them: FLUSHALL, CONFIG SET, MONITOR, DEBUG, SHUTDOWN.",
    ),
};
