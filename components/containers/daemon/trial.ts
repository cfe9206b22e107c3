/** What a changed database image must stand before it is let near the data: the same container on throw-away data. */

import type { PlacedContainer } from "../services/container";
import { containerArguments } from "../services/containers";
import { CONFIGURATION_DIRECTORY, type DatabaseState } from "../services/database";
import { POSTGRES_MAJOR } from "../services/databaseFiles";
import { createRequest } from "../services/request";

const SECONDS = 120;

/** The configuration of the program on the host, by database. */
export function trials(containers: readonly PlacedContainer[], databases: readonly DatabaseState[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    databases.flatMap((database) => {
      const container = containers.find(({ name }) => name === database.container);
      return container === undefined ? [] : [[database.name, trial(container, database)] as const];
    }),
  );
}

function trial(container: PlacedContainer, { kind, name, volume }: DatabaseState): object {
  const [user = 0, group = 0] = container.user.split(":").map(Number);
  const secrets = container.bound.filter(({ target }) => target.startsWith("/run/secrets/"));
  // The list of users is the host's own, and is written while the trial runs: it begins with the one that a new Redis has.
  const bound = container.bound
    .filter((path) => !secrets.includes(path))
    .map((path) => (path.target === "/acl" ? { source: `${CONFIGURATION_DIRECTORY}/${name}`, target: "/acl" } : path));
  const scratch = container.volumes.map(({ path }): [string, string] => [
    path,
    `rw,nosuid,nodev,mode=0700,uid=${String(user)},gid=${String(group)},size=512m`,
  ]);
  const request = createRequest({
    ...containerArguments({
      ...container,
      name: `phiward-trial-${name}`,
      bound,
      volumes: [],
      networks: [],
      temporary: { ...container.temporary, ...Object.fromEntries(scratch) },
    }),
    restart: "no",
  });
  return {
    definition: container.definition,
    request,
    secrets: secrets.map(({ target }) => target),
    owner: [user, group],
    seconds: SECONDS,
    volume: kind === "postgres" ? volume : null,
    major: kind === "postgres" ? POSTGRES_MAJOR : null,
  };
}
