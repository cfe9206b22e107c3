/**
 * WebSockets. A browser sends a person's cookies with the handshake whatever page asks for it, and no other rule of browsers stops that
 * page from reading the answers: the origin alone says who asks (cross-site WebSocket hijacking, RFC 6455 section 10.2). So nginx passes
 * an `Upgrade` on at declared routes only, for origins of the site or declared ones only, and to this one protocol.
 */
import { HTTP_PORTS } from "../../config/names";
import type { Check } from "../../plan/types";
import { certificatePath } from "../certificates/settings";
import type { NginxRoute, NginxSite } from "./settings";

/** Whether any route opens WebSockets: without one, nginx has nothing of all this. */
export function hasSockets(sites: readonly NginxSite[]): boolean {
  return sites.some(({ routes }) => routes.some(({ webSocket }) => webSocket));
}

/** The maps that decide what is asked for, and what is passed on. */
export function socketMaps(sites: readonly NginxSite[]): readonly string[] {
  if (!hasSockets(sites)) return [];
  return [
    "map $http_upgrade $socket_asked {",
    '    default "";',
    '    "~*^websocket$" yes;',
    "}",
    // Empty where none is asked for, and on a route that has none: after `yes` and a space no word follows there, but a second space.
    'map "$socket_asked $route_socket $http_origin" $socket {',
    '    default "";',
    '    "~^yes [^ ]" refused;',
    ...sites.flatMap(openings).map((opening) => `    "${opening}" open;`),
    "}",
    "map $socket $socket_upgrade {",
    '    default "";',
    "    open websocket;",
    "}",
    "map $socket $socket_connection {",
    '    default "";',
    "    open upgrade;",
    "}",
  ];
}

// As the map's key has them: words, compared whole.
function openings(site: NginxSite): readonly string[] {
  return site.routes
    .filter(({ webSocket }) => webSocket)
    .flatMap((route) => {
      const own = site.names.map((name) => `https://${name.toLowerCase()}`);
      const origins = new Set([...own, ...route.webSocketOrigins.map((origin) => (origin === "none" ? "" : origin))]);
      return [...origins].map((origin) => `yes ${socketName(site, route)} ${origin}`);
    });
}

function socketName({ name }: NginxSite, { path }: NginxRoute): string {
  return `${name}${path}`;
}

/** Lines of a route's location, before it passes anything on. */
export function socketLines(site: NginxSite, route: NginxRoute): readonly string[] {
  return route.webSocket
    ? [`    set $route_socket ${socketName(site, route)};`, "    if ($socket = refused) {", "        return 403;", "    }"]
    : [];
}

/** Seconds that the service may be silent: nginx has one limit for answers and sockets. */
export function readSeconds({ webSocket, webSocketIdleSeconds, timeoutSeconds }: NginxRoute): number {
  return webSocket ? Math.max(webSocketIdleSeconds, timeoutSeconds) : timeoutSeconds;
}

/** The values of Upgrade and Connection that services are sent. */
export function socketHeaders(sites: readonly NginxSite[]): Readonly<Record<"Upgrade" | "Connection", string>> {
  return hasSockets(sites) ? { Upgrade: "$socket_upgrade", Connection: "$socket_connection" } : { Upgrade: '""', Connection: '""' };
}

/** Asks the running server to open a socket for a page of someone else's. */
export function socketChecks(site: NginxSite): readonly Check[] {
  const { name, routes } = site;
  const headers = [
    ...["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: cGhpd2FyZCBhc2tzIGl0Lg=="],
    "Origin: https://other.invalid",
  ];
  return routes
    .filter(({ webSocket }) => webSocket)
    .map((route, index) => ({
      id: `nginx-${name}-socket-${index + 1}-own-origin`,
      control: "TLS-17",
      argv: [
        ...["curl", "--silent", "--http1.1", "--include", "--max-time", "10", "--cacert", certificatePath(name)],
        ...["--connect-to", `${name}:${HTTP_PORTS.tls}:127.0.0.1:${HTTP_PORTS.tls}`],
        ...headers.flatMap((header) => ["--header", header]),
        `https://${name}${route.path}`,
      ],
      expect: { kind: "matches", pattern: "^HTTP/1\\.1 403 " },
    }));
}
