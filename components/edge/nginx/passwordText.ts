/** What nginx reads of the passwords that it asks for. */

import type { RoutePasswords } from "./passwordSettings";
import type { NginxSite } from "./settings";

/** Directory of the files of users, which the web server reads. */
export const USERS_DIRECTORY = "/etc/nginx/phiward-users";

/** Path of a file of users. */
export function usersPath(file: string): `/${string}` {
  return `${USERS_DIRECTORY}/${file}`;
}

/** Whether nginx asks for passwords anywhere: without one, it has nothing of all this. */
export function asksForPasswords(sites: readonly Pick<NginxSite, "routes">[]): boolean {
  return sites.some(({ routes }) => routes.some(({ passwords }) => passwords !== undefined));
}

/** Lines of a location. What is not declared to be passed on is named here, and left out by the map. */
export function passwordLines(passwords: RoutePasswords | undefined): readonly string[] {
  if (passwords === undefined) return [];
  return [
    `auth_basic "${passwords.realm}";`,
    `auth_basic_user_file ${usersPath(passwords.users)};`,
    ...(passwords.passed === true ? [] : ["set $route_password asked;"]),
  ];
}

/** The map of what a service gets of the header: nothing, where nginx asked for the password itself. */
export function authorizationMap(sites: readonly NginxSite[]): readonly string[] {
  return asksForPasswords(sites)
    ? ["map $route_password $passed_authorization {", "    default $http_authorization;", '    asked "";', "}"]
    : [];
}

/** The line of http by which services get it. */
export function authorizationHeader(sites: readonly NginxSite[]): readonly (readonly [string, string])[] {
  return asksForPasswords(sites) ? [["Authorization", "$passed_authorization"]] : [];
}
