/** What a changed database image must pass before it gets near the data: the same container on temporary data becomes healthy. */
import { DATABASE_KINDS } from "../../config/sections/databaseKinds";
import type { DatabaseSettings } from "../databases/engine";
import { ENGINES } from "../databases/engines";
import { SECRETS_IN_CONTAINER } from "../names";
import type { NamedContainer } from "../services/containerSettings";
import { containerArguments } from "../services/dockerArguments";
import { createRequest, OWN_LOG } from "../services/engineApiRequest";

const SECONDS = 120;

/** The configuration of the program on the host, by database. */
export function smokeTests(
  containers: readonly NamedContainer[],
  databases: readonly DatabaseSettings[],
): Readonly<Record<string, object>> {
  return Object.fromEntries(
    databases.flatMap((database) => {
      const container = containers.find(({ name }) => name === database.container);
      return container === undefined ? [] : [[database.name, smokeTest(container, database)] as const];
    }),
  );
}

function smokeTest(container: NamedContainer, database: DatabaseSettings): object {
  const { kind, name, user } = database;
  const { smokeTest: test } = ENGINES[kind];
  const secrets = container.bindMounts.filter(({ target }) => target.startsWith(`${SECRETS_IN_CONTAINER}/`));
  const bindMounts = container.bindMounts.filter((mount) => !secrets.includes(mount)).map((mount) => test.bindMount(mount, name));
  const scratch = container.volumes.map(({ path }): [string, string] => [
    path,
    `rw,nosuid,nodev,mode=0700,uid=${String(user.uid)},gid=${String(user.gid)},size=512m`,
  ]);
  const trial = containerArguments({
    ...container,
    name: `phiward-trial-${name}`,
    bindMounts,
    volumes: [],
    networks: [],
    temporary: { ...container.temporary, ...Object.fromEntries(scratch) },
  });
  return {
    definition: container.definition,
    request: createRequest({ ...trial, restart: "no" }, OWN_LOG),
    secrets: secrets.map(({ target }) => target),
    owner: [user.uid, user.gid],
    seconds: SECONDS,
    versions: versions(database),
  };
}

// The program compares the versions of image and data where one version alone reads the data.
function versions({ kind, volume }: DatabaseSettings): object | null {
  const { upgrade } = ENGINES[kind];
  if (upgrade.kind === "inPlace") return null;
  return { product: DATABASE_KINDS[kind].title, major: upgrade.major, volume, ...upgrade.versions };
}
