/** Rules about the memory of databases, and who may have extensions. They run on invalid values too. */
import { asText, type Disallowed, each, type Found, inside, repeated } from "./paths";
import { usesPostgres } from "./postgresUsers";
import { DATABASE_KINDS } from "./sections/databaseKinds";
import { member } from "./unknown";

// Of the server's memory: what all sessions share, and what one step of one query may take.
const SHARES = { sharedBuffersMegabytes: 2, workMemoryMegabytes: 4, maintenanceMemoryMegabytes: 4 } as const;
// MB that a session takes at least once it has worked.
const SESSION_MEGABYTES = 4;

/** Everything about databases' settings and extensions that is allowed separately and not together. */
export function databaseRules(stack: unknown): readonly Disallowed[] {
  const uses = usesPostgres(stack);
  return each(stack, ["services", "*"]).flatMap((service) =>
    member(service.value, "kind") === "postgres" ? memoryFaults(service) : extensionFaults(service, uses(service)),
  );
}

function memoryFaults(server: Found): readonly Disallowed[] {
  const memory = member(server.value, "memoryMegabytes") ?? DATABASE_KINDS.postgres.memoryMegabytes;
  if (typeof memory !== "number") return [];
  const most = (path: readonly string[], limit: number, why: string): readonly Disallowed[] =>
    inside([server], path)
      .filter(({ value }) => typeof value === "number" && value > limit)
      .map((found) => ({ path: found.path, message: `${String(limit)} at most: ${why}` }));
  return [
    ...most(["sharedMemoryMegabytes"], memory, "it counts to memoryMegabytes"),
    ...Object.entries(SHARES).flatMap(([key, share]) =>
      most(["settings", key], Math.floor(memory / share), `a ${share === 2 ? "half" : "quarter"} of memoryMegabytes`),
    ),
    ...most(
      ["settings", "connectionsPerService"],
      Number(member(member(server.value, "settings"), "maxConnections") ?? 100),
      "maxConnections, of the whole server",
    ),
    ...most(
      ["settings", "maxConnections"],
      Math.max(100, Math.floor(memory / SESSION_MEGABYTES)),
      `each session needs ${String(SESSION_MEGABYTES)} MB of memoryMegabytes`,
    ),
  ];
}

function extensionFaults(service: Found, uses: boolean): readonly Disallowed[] {
  const extensions = inside([service], ["extensions"]).filter(({ value }) => Array.isArray(value) && value.length > 0);
  return [
    ...repeated(inside([service], ["extensions", "*"]), "must be unique", asText),
    ...(uses ? [] : extensions.map(({ path }) => ({ path, message: "none for a service that uses no PostgreSQL; name one in uses" }))),
  ];
}
