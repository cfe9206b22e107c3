import { HTTP_PORTS } from "../../config/names";
import { NGINX_STATUS_PORT } from "../../plan/places";
import { certificatePath, keyPath } from "../certificates/settings";
import { cacheLines } from "./caching";
import { challengeLines } from "./challengeText";
import { allowLines, basicLines, closedLines, hasLogin, loginLimits, unknownLocation } from "./clients";
import { cookieLines } from "./cookies";
import { silenceLines } from "./errors";
import { asksForPasswords, passwordLines } from "./passwordText";
import type { NginxRoute, NginxSettings, NginxSite } from "./settings";
import { readSeconds, socketLines } from "./webSocket";

/** Directory of our files on the host. */
export const NGINX_DIRECTORY = "/etc/nginx/phiward";

// Bodies up to this size in KB are held in memory until they are whole, so that a slow client does not occupy the service; larger
// ones are passed on as they come. Neither touches the disk.
const MEMORY_KILOBYTES = 1024;

/** A line of a request, as one that brings a site's cookies: as large as Node.js takes in all. Over HTTP/2, all lines together fit. */
export const HEADER_BUFFERS = "large_client_header_buffers 4 16k;";

/** Seconds that a client may be silent, where its route does not say otherwise. */
export const CLIENT_SECONDS = 10;

/** The server blocks of one site. */
export function siteText(site: NginxSite, settings: Pick<NginxSettings, "proxies">): string {
  return [...redirect(site), ...secure(site, settings), ""].join("\n");
}

/** Where nginx says how many connections it has, to this host's root alone: the firewall refuses all other accounts (hostChains.ts). */
export function statusText(): string {
  return `server {
    listen 127.0.0.1:${NGINX_STATUS_PORT};
    server_name phiward-status;
    set $route "-";
    location = /status {
        stub_status;
    }
    location / {
        return 444;
    }
}
`;
}

/** The default servers, for names that are not ours: no certificate, no answer. */
export function defaultServerText(): string {
  return [
    "server {",
    ...listen(HTTP_PORTS.plain, "default_server"),
    "    server_name _;",
    ...silent(),
    "}",
    "server {",
    ...listen(HTTP_PORTS.tls, "ssl default_server"),
    "    server_name _;",
    "    ssl_reject_handshake on;",
    // The maps of http read these, which nginx refuses where no server sets them: sites may all be without a login.
    ...['set $logins "";', 'set $route_basic "";'].map((line) => `    ${line}`),
    ...silent(),
    "}",
    "",
  ].join("\n");
}

// `return` of the whole block would answer before the location of a redirect is found.
function silent(): readonly string[] {
  const lines = ['set $route "-";', ...silenceLines(), "location / {", "    return 444;", "}"];
  return lines.map((line) => `    ${line}`);
}

function listen(port: number, options = ""): readonly string[] {
  const words = (address: string): string => [`    listen ${address}`, options].filter((part) => part !== "").join(" ");
  return [`${words(String(port))};`, `${words(`[::]:${port}`)};`];
}

function redirect({ names, challenges }: NginxSite): readonly string[] {
  return [
    "server {",
    ...listen(HTTP_PORTS.plain),
    `    server_name ${names.join(" ")};`,
    '    set $route "-";',
    ...silenceLines().map((line) => `    ${line}`),
    ...(challenges === undefined ? [] : challengeLines()),
    "    location / {",
    // 308 and not 301: a method that writes stays one.
    "        return 308 https://$host$request_uri;",
    "    }",
    "}",
  ];
}

function secure(site: NginxSite, settings: Pick<NginxSettings, "proxies">): readonly string[] {
  const routes = site.routes.flatMap((route) => locations(site, route));
  const open = routes.some(({ how, at }) => `${how}${at}` === "/");
  return [
    "server {",
    ...listen(HTTP_PORTS.tls, "ssl"),
    `    server_name ${site.names.join(" ")};`,
    `    ssl_certificate ${certificatePath(site.name)};`,
    `    ssl_certificate_key ${keyPath(site.name)};`,
    `    include ${NGINX_DIRECTORY}/headers-${site.name}.conf;`,
    `    include ${NGINX_DIRECTORY}/errors.conf;`,
    '    set $route "-";',
    '    set $route_data "";',
    '    set $route_methods "";',
    ...(site.routes.some(({ cacheSeconds }) => cacheSeconds !== undefined) ? ['    set $route_cache "";'] : []),
    ...(site.routes.some(({ webSocket }) => webSocket) ? ['    set $route_socket "";'] : []),
    ...(asksForPasswords([site]) ? ['    set $route_password "";'] : []),
    ...cookieLines(site).map((line) => `    ${line}`),
    ...closedLines(settings).map((line) => `    ${line}`),
    ...allowLines(site.allow).map((line) => `    ${line}`),
    `    limit_req zone=requests.${site.name} burst=${site.burst} nodelay;`,
    `    limit_conn connections.${site.name} ${site.connections};`,
    ...(!hasLogin(site) ? [] : loginLimits(site).map((line) => `    ${line}`)),
    ...routes.flatMap(({ lines }) => lines),
    ...(open ? [] : unknownLocation().map((line) => `    ${line}`)),
    "}",
  ];
}

interface Location {
  readonly how: "" | "= " | "^~ ";
  readonly at: string;
  readonly lines: readonly string[];
}

// A prefix is two locations, the path and all below it: /notes is not meant to open /notes-of-others.
function locations(site: NginxSite, route: NginxRoute): readonly Location[] {
  const bare = route.path.replace(/\/$/, "");
  const location = (how: Location["how"], at: string): Location => ({ how, at, lines: locationLines(how, at, site, route) });
  if (route.match === "exact") return [location("= ", route.path)];
  return [...(bare === "" ? [] : [location("= ", bare)]), location(bare === "" ? "" : "^~ ", `${bare}/`)];
}

function locationLines(how: Location["how"], at: string, site: NginxSite, route: NginxRoute): readonly string[] {
  const { path, service, methods, data, bodyKilobytes, timeoutSeconds, clientTimeoutSeconds } = route;
  const memory = Math.min(bodyKilobytes, MEMORY_KILOBYTES);
  const lines = [
    `location ${how}${at} {`,
    `    set $route ${path};`,
    `    set $route_data ${data};`,
    `    set $route_methods "${methods.join(", ")}";`,
    `    if ($request_method !~ ^(?:${methods.join("|")})$) {`,
    "        return 405;",
    "    }",
    ...basicLines(route).map((line) => `    ${line}`),
    ...passwordLines(route.passwords).map((line) => `    ${line}`),
    ...allowLines(route.allow).map((line) => `    ${line}`),
    ...socketLines(site, route),
    ...cacheLines(route),
    `    client_max_body_size ${bodyKilobytes}k;`,
    // Of a larger one this much is on its way at once: with less, a long line would be slow.
    `    client_body_buffer_size ${memory}k;`,
    ...(bodyKilobytes > memory ? ["    proxy_request_buffering off;"] : []),
    ...(clientTimeoutSeconds === CLIENT_SECONDS
      ? []
      : [`    client_body_timeout ${clientTimeoutSeconds}s;`, `    send_timeout ${clientTimeoutSeconds}s;`]),
    `    proxy_read_timeout ${readSeconds(route)}s;`,
    `    proxy_send_timeout ${timeoutSeconds}s;`,
    // With a path here the service is sent the path as nginx read it, decoded and without dots: both judge the same.
    `    proxy_pass http://${service}${at};`,
    "}",
  ];
  return lines.map((line) => `    ${line}`);
}
