/** Passwords that nginx asks for, as its settings: which route asks for which users, and of each password its secret's name and version. */
import { passwordsOf } from "../../config/passwords";
import type { SiteConfig, StackConfig } from "../../config/schema";
import { UNOPENED } from "../../config/sections/secrets";
import { sha256Of } from "../../plan/request";

/** What a route asks for. */
export interface RoutePasswords {
  readonly realm: string;
  /** Name of the file of its users. */
  readonly users: string;
  /** Whether its service gets the header too; left out where not. */
  readonly passed?: true;
}

/** A user; of the password the name in `phiward:secrets`, and which value of it. */
export interface PasswordUser {
  readonly name: string;
  readonly secret: string;
  readonly version: string;
}

/** The users of a site, or of one of its routes. */
export interface UserFile {
  readonly name: string;
  readonly users: readonly PasswordUser[];
}

/** What a route's settings say of passwords; nothing where it asks for none. */
export function routePasswords(site: SiteConfig, route: SiteConfig["routes"][number]): { readonly passwords?: RoutePasswords } {
  const asked = passwordsOf(site, route);
  if (asked === undefined) return {};
  const users = route.basicAuth === undefined ? site.name : ownFile(site, route.path);
  return { passwords: { realm: asked.realm, users, ...(asked.passAuthorization ? { passed: true } : {}) } };
}

/** The files of users of a host; none leaves the key out. */
export function userFiles({ sites, secrets }: StackConfig): { readonly userFiles?: readonly UserFile[] } {
  const version = (name: string): string => secrets.find((secret) => secret.name === name)?.version ?? UNOPENED;
  const file = (name: string, { users }: Exclude<SiteConfig["basicAuth"], undefined>): UserFile => ({
    name,
    users: users.map((user) => ({ name: user.name, secret: user.password, version: version(user.password) })),
  });
  const files = sites.flatMap((site) => [
    ...(site.basicAuth === undefined ? [] : [file(site.name, site.basicAuth)]),
    ...site.routes.flatMap((route) => (route.basicAuth === undefined ? [] : [file(ownFile(site, route.path), route.basicAuth)])),
  ]);
  return files.length === 0 ? {} : { userFiles: files };
}

// A path is no file's name. By its hash a route keeps its file wherever it stands in the list; of sites' names none has a plus.
function ownFile({ name }: SiteConfig, path: string): string {
  return `${name}+${sha256Of(path).slice(0, 8)}`;
}
