/** What is told during a deploy, which waits for containers to become healthy: which of them only ends and is started again. */
import { setTimeout as sleep } from "node:timers/promises";
import { hostDuties } from "../../components/config/duties";
import type { StackConfig } from "../../components/config/schema";
import { containersModel } from "../../components/containers/model";
import { type DockerObject, dockerObjects } from "./containers";
import type { HostAddress } from "./hosts";
import type { Patience } from "./ssh";

// Seldom enough for a firewall that limits connections: a deploy makes some of its own.
const EVERY_MS = 10_000;

/** What is said of a container that ends again and again. */
export interface RestartMessage {
  readonly sentence: string;
  /** Null where it runs at this moment: Docker does not keep that of the run before. */
  readonly exitCode: number | null;
}

/**
 * A sentence for each declared container of a host that its agent has found to end again and again, by the container's name; one that
 * runs at that moment has no exit code and is left out, unless it ran at the look before too.
 */
export function restartMessages(
  config: StackConfig,
  host: string,
  objects: readonly DockerObject[],
  ranBefore: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, RestartMessage> {
  const { databases, services } = containersModel(config);
  return new Map(
    [...databases, ...services].flatMap(({ name, called }): [string, RestartMessage][] => {
      const ended = objects.find((object) => object.kind === "Container" && object.name === name)?.ended;
      return ended === undefined || (ended.exitCode === null && !ranBefore.has(name))
        ? []
        : [
            [
              name,
              {
                exitCode: ended.exitCode,
                sentence: `${host}: ${name} ended ${ended.exitCode === null ? "" : `with exit code ${String(ended.exitCode)} `}and was started again ${String(ended.restarts)} times; npx phiward logs ${called} --host ${host} shows why. Pulumi goes on waiting for it, and the deploy fails unless it becomes healthy`,
              },
            ],
          ];
    }),
  );
}

/**
 * Does `work`, and meanwhile asks the hosts that run services for containers that end again and again; `say` is told of each once, and
 * once more where its exit code was not known before. A host that does not answer is asked again: its network may be what the deploy
 * changes.
 */
export async function watchingRestarts<T>(
  config: StackConfig,
  hosts: readonly HostAddress[],
  patience: Patience,
  say: (line: string) => void,
  work: () => Promise<T>,
  every = EVERY_MS,
): Promise<T> {
  const over = new AbortController();
  const watch = async (host: HostAddress): Promise<void> => {
    // By the container's name, the exit code that was said of it.
    const told = new Map<string, number | null>();
    let ranBefore = new Set<string>();
    for (;;) {
      await sleep(every, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      const objects = (await dockerObjects(host, { ...patience, retries: 0 })) ?? [];
      for (const [name, { sentence, exitCode }] of restartMessages(config, host.name, objects, ranBefore)) {
        if (typeof told.get(name) === "number" || (told.has(name) && exitCode === null)) continue;
        say(sentence);
        told.set(name, exitCode);
      }
      ranBefore = new Set(objects.filter(({ ended }) => ended?.exitCode === null).map(({ name }) => name));
    }
  };
  const watches = hosts.filter(({ name }) => hostDuties(config, name).services).map(watch);
  try {
    return await work();
  } finally {
    over.abort();
    await Promise.all(watches);
  }
}
