/** Rules across `listeners`, `sites`, `services` and `publicPorts`. They run on invalid values too. */
import { HTTP_PORTS, SERVICE_PORTS } from "./names";
import { asNumber, asText, type Disallowed, each, type Found, inside, repeated } from "./paths";
import { DATABASE_PORTS } from "./sections/databaseKinds";
import { member } from "./unknown";

const SSH = 22;

/** Everything about listeners, and further ports of services, that is allowed separately and not together. */
export function listenerRules(stack: unknown): readonly Disallowed[] {
  const listeners = each(stack, ["listeners", "*"]);
  return [
    ...each(stack, ["services", "*"]).flatMap(portFaults),
    ...repeated(inside(listeners, ["name"]), "must be unique", asText),
    ...repeated(inside(listeners, ["port"]), "must be unique", asNumber),
    ...listeners.flatMap((listener) => [
      ...repeated(inside([listener], ["networks", "*"]), "must be unique", asText),
      ...repeated(inside([listener], ["clientCertificates", "authorities", "*"]), "must be unique", asText),
      ...revocationFaults(listener),
      ...takenPort(stack, listener),
      ...siteFaults(stack, listener),
      ...serviceFaults(stack, listener),
    ]),
  ];
}

function portFaults(service: Found): readonly Disallowed[] {
  return [
    ...repeated(inside([service], ["ports", "*", "name"]), "must be unique", asText),
    ...repeated(
      inside([service], ["port"]).concat(inside([service], ["ports", "*", "port"])),
      "must be unique among port and ports",
      asNumber,
    ),
  ];
}

// nginx asks for the list of each authority in a chain once it has one, and refuses whoever's it has not.
function revocationFaults(listener: Found): readonly Disallowed[] {
  const authorities = inside([listener], ["clientCertificates", "authorities", "*"]).length;
  const lists = inside([listener], ["clientCertificates", "revocations", "*"]).length;
  if (lists === 0 || lists >= authorities) return [];
  return [
    {
      path: [...listener.path, "clientCertificates", "revocations"],
      message: `a list of each of the ${String(authorities)} authorities, or of none: clients of an authority without one would be refused`,
    },
  ];
}

function takenPort(stack: unknown, listener: Found): readonly Disallowed[] {
  const open = each(stack, ["publicPorts", "*"])
    .filter(({ value }) => (member(value, "protocol") ?? "tcp") === "tcp")
    .map(({ value }) => member(value, "port"));
  const taken = [SSH, ...Object.values(HTTP_PORTS), ...DATABASE_PORTS];
  return inside([listener], ["port"]).flatMap(({ path, value }) => {
    const port = Number(value);
    if (open.includes(value)) return [{ path, message: "a port that is not in publicPorts: it would be open to the world" }];
    if (taken.includes(port))
      return [{ path, message: `a port other than ${taken.map(String).join(", ")}: SSH, sites and databases have these` }];
    if (port >= SERVICE_PORTS.first && port <= SERVICE_PORTS.last)
      return [
        {
          path,
          message: `a port outside ${String(SERVICE_PORTS.first)} to ${String(SERVICE_PORTS.last)}, by which the web server reaches services`,
        },
      ];
    return [];
  });
}

function siteFaults(stack: unknown, listener: Found): readonly Disallowed[] {
  const sites = each(stack, ["sites", "*", "name"]).map(({ value }) => value);
  return inside([listener], ["site"])
    .filter(({ value }) => typeof value === "string" && !sites.includes(value))
    .map(({ path }) => ({ path, message: "the name of a site, whose certificate it shows" }));
}

function serviceFaults(stack: unknown, listener: Found): readonly Disallowed[] {
  const named = asText(member(listener.value, "service"));
  const wanted = member(listener.value, "servicePort");
  if (named === undefined) return [];
  const service = each(stack, ["services", "*"]).find(
    ({ value }) => member(value, "name") === named && member(value, "kind") === "container",
  );
  const hasPort = service !== undefined && member(service.value, "port") !== undefined;
  const ports = service === undefined ? [] : inside([service], ["ports", "*", "name"]).map(({ value }) => value);
  if (service === undefined || (wanted === undefined && !hasPort && ports.length === 0))
    return [{ path: [...listener.path, "service"], message: "the name of a service of kind container with a port, or with ports" }];
  if (wanted === undefined && !hasPort)
    return [{ path: [...listener.path, "servicePort"], message: "the name of one of the service's ports: it has no `port`" }];
  if (typeof wanted === "string" && !ports.includes(wanted))
    return [{ path: [...listener.path, "servicePort"], message: "the name of one of the service's ports" }];
  return [];
}
