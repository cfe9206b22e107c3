/** How long each thing took the last time on this machine: what an estimate is made of. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { cacheRoot } from "./context";

/** Knows what took how many seconds. */
export interface Durations {
  /** Seconds of the last time; undefined where there was none. */
  readonly last: (what: string) => number | undefined;
  readonly note: (what: string, seconds: number) => void;
}

const known = z.record(z.string(), z.number().positive());
// Of the oldest ones nobody asks any more.
const MOST = 200;

/** Those in the cache of this machine. An estimate is worth no failure: what cannot be read or written is left out. */
export function cachedDurations(file = join(cacheRoot(), "durations.json")): Durations {
  const read = (): Record<string, number> => {
    try {
      return known.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch {
      return {};
    }
  };
  return {
    last: (what) => read()[what],
    note: (what, seconds) => {
      try {
        const others = Object.entries(read()).filter(([other]) => other !== what);
        const fresh = `${file}.${String(process.pid)}.new`;
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(fresh, JSON.stringify(Object.fromEntries([...others.slice(-MOST), [what, seconds]])));
        renameSync(fresh, file);
      } catch {
        // The next one is without an estimate.
      }
    },
  };
}
