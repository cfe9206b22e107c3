/** Logins of registries: how the host has them, and that root alone reads them. Nothing of one is in Docker's own configuration. */
import type { StackConfig } from "../config/schema";
import { UNOPENED } from "../config/sections/secrets";
import { type AbsolutePath, type PlanDirectory, type PlanFile, textFile } from "../plan/files";
import type { Check } from "../plan/types";

/** A login of a registry; of its password the name and version. */
export interface RegistryLogin {
  readonly host: string;
  readonly username: string;
  readonly secret: string;
  readonly version: string;
}

const DIRECTORY = "/etc/phiward/registries";
const LOGINS: AbsolutePath = `${DIRECTORY}/logins.json`;

/** Where logins are. No copy is kept of one that goes. */
export const REGISTRIES_DIRECTORY: PlanDirectory = {
  path: DIRECTORY,
  owner: "root:root",
  mode: "0700",
  exclusive: { noun: "login of a registry", keep: [], discard: true },
};

/** The logins that a stack declares. */
export function registryLogins({ registries, secrets }: StackConfig): readonly RegistryLogin[] {
  return registries.map(({ host, username, password }) => ({
    ...{ host, username, secret: password },
    version: secrets.find(({ name }) => name === password)?.version ?? UNOPENED,
  }));
}

/** A file for each password, and one that says whose it is; none where no registry wants a login. */
export function registryFiles(logins: readonly RegistryLogin[]): readonly PlanFile[] {
  if (logins.length === 0) return [];
  const byHost = Object.fromEntries(logins.map((login) => [login.host, { username: login.username, password: passwordPath(login) }]));
  return [
    textFile(LOGINS, `${JSON.stringify(byHost, undefined, 1)}\n`, "0600"),
    ...logins.map((login): PlanFile => {
      const { secret, version } = login;
      return { path: passwordPath(login), owner: "root:root", mode: "0600", content: { kind: "secret", secret, version } };
    }),
  ];
}

/** One for each login. */
export function registryChecks(logins: readonly RegistryLogin[]): readonly Check[] {
  return logins.map((login) => ({
    id: `registry-login-${fileName(login)}-of-root-alone`,
    control: "CTR-16",
    argv: ["stat", "--format=%a %U:%G", passwordPath(login)],
    expect: { kind: "equals", text: "600 root:root" },
  }));
}

function passwordPath(login: RegistryLogin): AbsolutePath {
  return `${DIRECTORY}/${fileName(login)}.password`;
}

// Of the names of hosts none has an underscore.
function fileName({ host }: RegistryLogin): string {
  return host.replace(":", "_");
}
