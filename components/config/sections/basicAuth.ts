/** Passwords that the web server asks for: Basic authentication (RFC 7617) of a site or a route. */
import { z } from "zod";
import { flag, list, name, text } from "./values";

const REALM_RULE = '1 to 64 characters of printable ASCII without ", \\ and $, and another word than off';

/** A realm as nginx takes it: a variable would be filled in, and `off` asks for no password. */
function isRealm(value: string): boolean {
  return /^[ !#%-[\]-~]{1,64}$/.test(value) && value.trim() === value && value.toLowerCase() !== "off";
}

/** Characters of the shortest password: it is sent with each request, and guessed at by whoever finds the site. */
export const SHORTEST_PASSWORD = 12;

const user = z.strictObject({
  name: text("1 to 64 letters, digits and . _ @ -, the first a letter or digit", /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/).describe(
    "Name that the person gives.",
  ),
  password: name.describe(
    `Name in \`phiward:secrets\` of the password: ${String(SHORTEST_PASSWORD)} to 200 characters of printable ASCII. The host makes its hash.`,
  ),
});

/** The key `basicAuth` of a site or a route. */
export function basicAuth(what: string) {
  return z
    .strictObject({
      realm: text(REALM_RULE, isRealm).describe("What the browser shows when it asks."),
      users: list("a list of at least one user", user, 1).describe("Who may ask, and nobody else."),
      passAuthorization: flag()
        .default(false)
        .describe(
          "Whether the service gets the `Authorization` header, with name and password in it. No service needs what nginx checked.",
        ),
    })
    .optional()
    .describe(what);
}

/** Keys of a route about passwords. */
export const routePasswordKeys = {
  basicAuth: basicAuth("Users of this route, in place of the site's."),
  basicAuthOff: flag()
    .default(false)
    .describe(
      "Whether the route asks for no password although its site does: for what a monitor or another program asks for, and for a service that asks for passwords itself.",
    ),
} as const;
