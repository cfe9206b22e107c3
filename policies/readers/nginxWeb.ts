/** The directives of sockets, cookies, caches and slow lines that nginx may have. */
import type { KnownLine } from "./closedLines";
import { type KnownBlock, map } from "./nginxStatements";
import type { Value } from "./value";

const NONCE = "'nonce-[A-Za-z0-9+/_-]{22,128}={0,2}'";

/** Maps that only those have who declare what they are for; that of the service's own policy, everyone. */
export const WEB_MAPS: readonly KnownBlock[] = [
  map("the map of what is stored", "$route_cache|$status|$upstream_http_set_cookie $public_cache", [
    "default no-store",
    "~^\\| $upstream_http_cache_control",
    "~^(?<stored>[^|]+)\\|(?:200|206|304)\\|$ $stored",
  ]),
  map("the map of the service's own policy", "$upstream_http_content_security_policy $service_policy", [
    "default $upstream_http_content_security_policy",
    "~*report-(?:uri|to) ",
  ]),
  map("the map of who may frame the service's pages", "$upstream_http_x_frame_options $service_frames", [
    "default ",
    "~*^deny$ frame-ancestors 'none'",
    "~*^sameorigin$ frame-ancestors 'self'",
  ]),
  map("the map of the service's nonces", "$upstream_http_content_security_policy $service_nonce", ["default ", "{nonce} $nonce"]),
  map("the map of sockets that are asked for", "$http_upgrade $socket_asked", ["default ", "~*^websocket$ yes"]),
  // The origins are those of the settings, each word for word.
  map("the map of sockets", "$socket_asked $route_socket $http_origin $socket", ["default ", "~^yes [^ ] refused"], ["{sockets} open"]),
  map("the map of upgrades", "$socket $socket_upgrade", ["default ", "open websocket"]),
  map("the map of connections", "$socket $socket_connection", ["default ", "open upgrade"]),
];

/** The pattern of a nonce, which has braces of its own. */
export const NONCE_WORDS = { nonce: `~(?<nonce>${NONCE})` } as const;

/** Of a location: whose sockets it opens. */
export const SOCKET: KnownLine = "set $route_socket {routes}";
/** Of a location: what a page of someone else's is answered. */
export const SOCKET_REFUSED: KnownBlock = {
  name: "the block of other origins",
  head: "if ($socket = refused)",
  inside: { lines: ["return 403"] },
};

/** Of a location: how long a client may be silent. */
export const SLOW: readonly KnownLine[] = ["client_body_timeout {1..300}s", "send_timeout {1..300}s"];

/** Of a server: what a service says of frames, as a policy beside the site's. */
export const FRAMES: KnownLine = "add_header Content-Security-Policy $service_frames always";

/** Of a server: the flags of its cookies. Which of them are too weak, another rule says. */
export const COOKIES: readonly KnownLine[] = [
  "proxy_cookie_flags ~ secure httponly samesite={strict|lax|none}",
  "proxy_cookie_flags {cookies} secure samesite={strict|lax|none}",
];

/** Of a public location alone: how long its answers may be stored, and that they are compressed. */
export const CACHED: KnownLine = "set $route_cache public, max-age={1..31536000}{|, immutable}";
export const COMPRESSED: readonly KnownLine[] = [
  "gzip on",
  "gzip_proxied any",
  "gzip_vary on",
  "gzip_min_length {1..65536}",
  "gzip_types {**}",
];

/** What the known lines above are filled in with. Undefined where it is not known. */
export function webWords(sites: Value): Readonly<Record<"sockets" | "routes" | "cookies", readonly string[]>> | undefined {
  const read = sites.items()?.map(wordsOfSite);
  if (read === undefined || read.some((words) => words === undefined)) return undefined;
  const all = read.flatMap((words) => (words === undefined ? [] : [words]));
  return {
    sockets: all.flatMap(({ sockets }) => sockets),
    routes: all.flatMap(({ routes }) => routes),
    cookies: all.flatMap(({ cookies }) => cookies),
  };
}

function wordsOfSite(site: Value) {
  const [name, names, cookies] = [site.at("name").text(), site.at("names").texts(), site.at("readableCookies").texts()];
  const routes = site
    .at("routes")
    .items()
    ?.map((route) => ({
      path: route.at("path").text(),
      opens: route.at("webSocket").flag(),
      origins: route.at("webSocketOrigins").texts(),
    }));
  if (name === undefined || names === undefined || cookies === undefined || routes === undefined) return undefined;
  if (routes.some(({ path, opens, origins }) => path === undefined || opens === undefined || origins === undefined)) return undefined;
  const sockets = routes.filter(({ opens }) => opens);
  const own = names.map((host) => `https://${host.toLowerCase()}`);
  return {
    cookies,
    routes: sockets.map(({ path = "" }) => `${name}${path}`),
    sockets: sockets.flatMap(({ path = "", origins = [] }) =>
      [...own, ...origins.map((origin) => (origin === "none" ? "" : origin))].map((origin) => `yes ${name}${path} ${origin}`),
    ),
  };
}
