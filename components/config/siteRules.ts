/** Rules across `sites`, `services`, `publicPorts` and `bans`. They run on invalid values too. */
import { certificateRules } from "./certificateRules";
import { HTTP_PORTS, WEB_JAILS } from "./names";
import { passwordRules } from "./passwordRules";
import { asText, type Disallowed, each, type Found, inside, repeated } from "./paths";
import { member } from "./unknown";
import { webRules } from "./webRules";

/** Everything about sites that is allowed separately and not together. */
export function siteRules(stack: unknown): readonly Disallowed[] {
  const sites = each(stack, ["sites", "*"]);
  if (sites.length === 0) return [];
  const answering = answeringServices(stack);
  return [
    ...repeated(inside(sites, ["name"]).concat(inside(sites, ["aliases", "*"])), "must be unique among names and aliases of sites", asText),
    ...closedPorts(stack),
    ...takenJails(stack),
    ...uptimeFaults(stack, sites),
    ...certificateRules(stack, sites),
    ...passwordRules(stack),
    ...sites.flatMap((site) => [...routeFaults(site, answering), ...loginFaults(site), ...policyFaults(site), ...webRules(site)]),
  ];
}

function closedPorts(stack: unknown): readonly Disallowed[] {
  const open = each(stack, ["publicPorts", "*"])
    .filter(({ value }) => (member(value, "protocol") ?? "tcp") === "tcp")
    .map(({ value }) => member(value, "port"));
  const closed = Object.values(HTTP_PORTS).filter((port) => !open.includes(port));
  const named = closed.map((port) => `${String(port)}/tcp`).join(" and ");
  return closed.length === 0
    ? []
    : [{ path: ["publicPorts"], message: `a list with ${named} in it: sites need ${closed.length === 1 ? "it" : "them"}` }];
}

function takenJails(stack: unknown): readonly Disallowed[] {
  return each(stack, ["bans", "jails", "*", "name"])
    .filter(({ value }) => WEB_JAILS.some((name) => name === value))
    .map(({ path }) => ({
      path,
      message: `a name other than ${WEB_JAILS.join(", ")}: the jails of the sites have these names have these names have these names`,
    }));
}

// Names of the services that a route may lead to.
function answeringServices(stack: unknown): ReadonlySet<unknown> {
  const services = each(stack, ["services", "*"]).map(({ value }) => value);
  return new Set(
    services
      .filter((service) => member(service, "kind") === "container" && member(service, "port") !== undefined)
      .map((service) => member(service, "name")),
  );
}

function routeFaults(site: Found, answering: ReadonlySet<unknown>): readonly Disallowed[] {
  const paths = inside([site], ["routes", "*", "path"]);
  return [
    ...inside([site], ["routes", "*", "service"])
      .filter(({ value }) => typeof value === "string" && !answering.has(value))
      .map(({ path }) => ({
        path,
        message: "the name of a service of kind container with a port",
      })),
    ...repeated(paths, "must be unique, with or without a trailing /", (value) => asText(value)?.replace(/\/$/, "")),
    ...paths
      .filter(({ value }) => /\/\/|\/\.{1,2}(\/|$)/.test(asText(value) ?? ""))
      .map(({ path }) => ({ path, message: "a path without //, /. or /..: nginx resolves them before it selects a route" })),
    ...[...paths, ...inside([site], ["login"])]
      .filter(({ value }) => /^\/phiward-/i.test(asText(value) ?? ""))
      .map(({ path }) => ({ path, message: "a path that does not begin with /phiward-: nginx answers errors there" })),
  ];
}

// Whether one of a site's routes passes a request on, and to `everyone` whoever asks.
function passesOn(site: unknown, method: "GET" | "POST", wanted: string, everyone = false): boolean {
  const isOpen = (route: unknown): boolean => {
    const [own, general] = [route, site].map((place) => member(place, "allow"));
    const networks = Array.isArray(own) && own.length > 0 ? own : general;
    const asks = member(route, "basicAuthOff") !== true && [route, site].some((place) => member(place, "basicAuth") !== undefined);
    return !everyone || (!asks && (!Array.isArray(networks) || networks.length === 0));
  };
  return each(site, ["routes", "*"]).some(({ value: route }) => {
    const path = asText(member(route, "path"))?.replace(/\/$/, "") ?? "";
    const covers = wanted.replace(/\/$/, "") === path || (member(route, "match") !== "exact" && wanted.startsWith(`${path}/`));
    const methods: unknown = member(route, "methods");
    return covers && (!Array.isArray(methods) || methods.includes(method)) && isOpen(route);
  });
}

// DigitalOcean would request it every minute, get 404, and report the site as down.
function uptimeFaults(stack: unknown, sites: readonly Found[]): readonly Disallowed[] {
  // Hosts mostly ask for the same path.
  const asked = new Map<string, boolean>();
  const answers = (wanted: string): boolean => {
    const known = asked.get(wanted) ?? sites.every((site) => passesOn(site.value, "GET", wanted, true));
    asked.set(wanted, known);
    return known;
  };
  return each(stack, ["hosts", "*"])
    .filter(({ value }) => member(value, "kind") === "droplet" && (member(value, "role") ?? "application") === "application")
    .filter(({ value }) => {
      const wanted = asText(member(member(value, "alerts"), "uptimePath") ?? "/health");
      return wanted !== undefined && !answers(wanted);
    })
    .map(({ path }) => ({
      path: [...path, "alerts", "uptimePath"],
      message: "a path that a route of every site proxies, with GET among its methods, open to all networks and without a password",
    }));
}

function loginFaults(site: Found): readonly Disallowed[] {
  const login = asText(member(site.value, "login"));
  if (login === undefined || passesOn(site.value, "POST", login)) return [];
  return [{ path: [...site.path, "login"], message: "a path that one of the routes proxies, with POST among its methods" }];
}

function policyFaults(site: Found): readonly Disallowed[] {
  return inside([site], ["contentSecurityPolicy"])
    .filter(({ value }) => asText(value)?.includes("$") === true)
    .map(({ path }) => ({ path, message: "a string without $: nginx would substitute a variable" }));
}
