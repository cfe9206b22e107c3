/** What sites and routes say of passwords that does not go together. The rules run on invalid values too. */
import { asText, type Disallowed, each, type Found, inside, repeated } from "./paths";
import { SHORTEST_PASSWORD } from "./sections/basicAuth";
import { HOW_TO_SET } from "./sections/secrets";
import { member } from "./unknown";

/** Where passwords of Basic authentication are named. */
export const PASSWORD_USES: readonly string[] = ["sites.*.basicAuth.users.*.password", "sites.*.routes.*.basicAuth.users.*.password"];

/** Every fault of the passwords that the web server asks for. */
export function passwordRules(stack: unknown): readonly Disallowed[] {
  const sites = each(stack, ["sites", "*"]);
  return [
    ...sites.flatMap((site) => [
      ...repeatedUsers(site),
      ...inside([site], ["routes", "*"]).flatMap((route) => [...repeatedUsers(route), ...routeFaults(site, route)]),
    ]),
    ...shortPasswords(stack),
  ];
}

function repeatedUsers(place: Found): readonly Disallowed[] {
  return repeated(inside([place], ["basicAuth", "users", "*", "name"]), "must be unique", asText);
}

function routeFaults(site: Found, { path, value: route }: Found): readonly Disallowed[] {
  const [own, general] = [route, site.value].map((place) => member(place, "basicAuth") !== undefined);
  const off = member(route, "basicAuthOff") === true;
  return [
    ...(off && own === true ? [{ path: [...path, "basicAuthOff"], message: "false, or no `basicAuth` beside it" }] : []),
    ...(off && general !== true ? [{ path: [...path, "basicAuthOff"], message: "false: its site asks for no password; remove it" }] : []),
    ...(member(route, "authentication") === "basic" && !off && (own === true || general === true)
      ? [
          {
            path: [...path, "authentication"],
            message: "session, or `basicAuthOff: true` beside it: a request has one password, for the web server or for the service",
          },
        ]
      : []),
  ];
}

// Known where the values were opened, as in a deploy; the host refuses the others.
function shortPasswords(stack: unknown): readonly Disallowed[] {
  const short = each(stack, ["secrets", "*"])
    .filter(({ value }) => member(value, "short") === true)
    .map(({ value }) => member(value, "name"));
  return PASSWORD_USES.flatMap((use) => each(stack, use.split(".")))
    .filter(({ value }) => short.includes(value))
    .map(({ path }) => ({
      path,
      message: `the name of a secret of ${String(SHORTEST_PASSWORD)} characters at least; ${HOW_TO_SET}`,
    }));
}
