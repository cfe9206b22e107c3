/** What a route says of sockets and caches that does not go together. The rules run on invalid values too. */
import { asText, type Disallowed, type Found, inside, repeated } from "./paths";
import { member } from "./unknown";

/** Everything about a site's web interface that is allowed separately and not together. */
export function webRules(site: Found): readonly Disallowed[] {
  return [
    ...inside([site], ["routes", "*"]).flatMap((route) => [...socketFaults(route), ...cacheFaults(route)]),
    ...repeated(inside([site], ["readableCookies", "*"]), "must be unique", (value) => asText(value)?.toLowerCase()),
  ];
}

function socketFaults({ value: route, path }: Found): readonly Disallowed[] {
  const methods = member(route, "methods");
  if (member(route, "webSocket") !== true)
    return ["webSocketOrigins", "webSocketIdleSeconds"]
      .filter((key) => isSet(member(route, key)))
      .map((key) => ({ path: [...path, key], message: "nothing, or `webSocket: true` beside it" }));
  return [
    // A handshake is a GET (RFC 6455 section 4.1).
    ...(Array.isArray(methods) && !methods.includes("GET")
      ? [{ path: [...path, "methods"], message: "a list with GET, by which a WebSocket is opened" }]
      : []),
    ...repeated(inside([{ value: route, path }], ["webSocketOrigins", "*"]), "must be unique", asText),
  ];
}

function cacheFaults({ value: route, path }: Found): readonly Disallowed[] {
  const open = member(route, "data") === "public";
  return [
    ...["cacheSeconds", "compress"]
      .filter((key) => !open && isSet(member(route, key)))
      .map((key) => ({ path: [...path, key], message: "nothing, or `data: public` beside it: never with patients' data" })),
    ...(member(route, "cacheImmutable") === true && member(route, "cacheSeconds") === undefined
      ? [{ path: [...path, "cacheImmutable"], message: "false, or `cacheSeconds` beside it" }]
      : []),
  ];
}

// Whether a value asks for anything: defaults are there already.
function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}
