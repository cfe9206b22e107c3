/** What a changed database image must pass before it gets near the data: the same container on temporary data becomes healthy. */
import type { DatabaseSettings, DatabaseUpgrade } from "../databases/engine";
import { ENGINES } from "../databases/engines";
import { SECRETS_IN_CONTAINER } from "../names";
import type { NamedContainer } from "../services/containerSettings";
import { containerArguments } from "../services/dockerArguments";
import { createRequest } from "../services/engineApiRequest";

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

function smokeTest(container: NamedContainer, { kind, name, volume }: DatabaseSettings): object {
  const { account, smokeTest: test, upgrade } = ENGINES[kind];
  const secrets = container.bindMounts.filter(({ target }) => target.startsWith(`${SECRETS_IN_CONTAINER}/`));
  const bindMounts = container.bindMounts.filter((mount) => !secrets.includes(mount)).map((mount) => test.bindMount(mount, name));
  const scratch = container.volumes.map(({ path }): [string, string] => [
    path,
    `rw,nosuid,nodev,mode=0700,uid=${String(account.uid)},gid=${String(account.gid)},size=512m`,
  ]);
  const request = createRequest({
    ...containerArguments({
      ...container,
      name: `phiward-trial-${name}`,
      bindMounts,
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
    owner: [account.uid, account.gid],
    seconds: SECONDS,
    ...versions(upgrade, volume),
  };
}

// The program compares the versions of data and image where it is given a volume.
function versions(upgrade: DatabaseUpgrade, volume: string): { readonly volume: string | null; readonly major: string | null } {
  return upgrade.kind === "dumpAndRestore" ? { volume, major: upgrade.major } : { volume: null, major: null };
}
