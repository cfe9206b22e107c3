/** Which sections of a configuration something is computed from: where one of them is secret, so is what was computed. */
import type { StackConfig } from "./schema";

/** Names of sections of a configuration. */
export type Sections = ReadonlySet<string>;

/** A configuration that adds to `read` each section that is read of it. */
export function watchedConfig(config: StackConfig, read: Set<string>): StackConfig {
  return new Proxy(config, {
    get: (target, key): unknown => {
      read.add(String(key));
      return Reflect.get(target, key);
    },
    // Whoever copies it reads all of it.
    ownKeys: (target) => {
      for (const key of Object.keys(target)) read.add(key);
      return Reflect.ownKeys(target);
    },
  });
}
