import { WEB_SERVER } from "../../config/names";
import { literal } from "../../plan/patterns";
import { cacheMaps } from "./caching";
import { CLIENT_MAPS, clientZones, proxyLines } from "./clients";
import { policyMaps } from "./contentPolicy";
import { COOKIE_LINES } from "./cookies";
import { OPEN_FILES } from "./hardening";
import { HIDDEN_HEADERS } from "./headers";
import { streamLines } from "./listenerText";
import { authorizationHeader, authorizationMap } from "./passwordText";
import type { NginxSettings, NginxSite } from "./settings";
import { CLIENT_SECONDS, HEADER_BUFFERS, NGINX_DIRECTORY } from "./siteText";
import { socketHeaders, socketMaps } from "./webSocket";

/** What is logged of a request; fail2ban's filters read it. */
const LOG_FORMAT = [
  "client=$remote_addr",
  "id=$request_id",
  "site=$server_name",
  "route=$route",
  "method=$request_method",
  "status=$status",
  "bytes=$body_bytes_sent",
  "seconds=$request_time",
  "upstream=$upstream_status",
  "upstream_seconds=$upstream_response_time",
  "limited=$limit_req_status",
  "tls=$ssl_protocol",
  "group=$ssl_curve",
  "asks=$asks",
  "tries=$tries",
  "basic=$basic",
  "login=$login",
].join(" ");

// What a client could say to speak for another, or to pass one method off as another.
const CLEARED_HEADERS = [
  ...["Forwarded", "Proxy", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Server"],
  ...["Client-IP", "X-Client-IP", "True-Client-IP", "X-Cluster-Client-IP", "CF-Connecting-IP"],
  ...["Remote-User", "X-Remote-User", "X-Forwarded-User"],
  ...["X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override"],
];

// Of each worker. A request that is passed on takes two connections, to the client and to the service.
const CONNECTIONS = 4096;
// A quarter of nginx's default: five times what a browser asks for at once over HTTP/1.1, so that a page's files come in a few rounds;
// of a clinic's thirty browsers, and of a client that opens streams and resets them (CVE-2023-44487), no more than a service can take.
const STREAMS = 32;
// nginx's default, written down since the same attack is bounded by it: a new connection costs the client a handshake.
const REQUESTS = 1000;
// To each service and of each worker, kept open while nobody asks: what is above it is closed after its answer.
const IDLE_UPSTREAMS = 32;

/**
 * The main file: everything that holds for all sites.
 *
 * Logs: the access log names the declared route and never the path, its query, referrer, cookies or bodies, for any of them may
 * name a patient; the application's own audit says who saw what, joined by the request's id. nginx's error log would quote the
 * request line, so that within `http` nothing below `emerg` is logged, which no request can cause; the access log's status, upstream
 * and limit say what went wrong. Starts, stops and workers that died are logged outside of it.
 */
export function mainText(settings: NginxSettings): string {
  const longest = Math.max(...settings.sites.flatMap(({ routes }) => routes.map(({ timeoutSeconds }) => timeoutSeconds)), 30);
  const { load, block } = streamLines(settings.listeners);
  return [
    ...load,
    `user ${WEB_SERVER.account};`,
    "worker_processes auto;",
    `worker_rlimit_nofile ${OPEN_FILES};`,
    // After a reload the old workers end what they have begun.
    `worker_shutdown_timeout ${longest + 30}s;`,
    "pid /run/nginx.pid;",
    "error_log stderr warn;",
    "events {",
    `    worker_connections ${CONNECTIONS};`,
    "}",
    "http {",
    ...http(settings).map((line) => `    ${line}`),
    "}",
    ...block,
    "",
  ].join("\n");
}

function http(settings: NginxSettings): readonly string[] {
  return [
    "error_log stderr emerg;",
    `log_format phiward '${LOG_FORMAT}';`,
    "access_log syslog:server=unix:/dev/log,tag=nginx,nohostname phiward;",
    "uninitialized_variable_warn off;",
    "server_tokens off;",
    "default_type application/octet-stream;",
    "server_names_hash_bucket_size 512;",
    "map_hash_bucket_size 512;",
    "port_in_redirect off;",
    "gzip off;",
    `include ${NGINX_DIRECTORY}/tls.conf;`,
    "http2 on;",
    `http2_max_concurrent_streams ${STREAMS};`,
    // Slow clients.
    `client_header_timeout ${CLIENT_SECONDS}s;`,
    `client_body_timeout ${CLIENT_SECONDS}s;`,
    `send_timeout ${CLIENT_SECONDS}s;`,
    "keepalive_timeout 30s;",
    `keepalive_requests ${REQUESTS};`,
    "reset_timedout_connection on;",
    "client_header_buffer_size 1k;",
    HEADER_BUFFERS,
    "client_max_body_size 1k;",
    // What of a body does not fit its buffer lies in memory all the same.
    "client_body_temp_path /run/nginx-bodies;",
    ...proxyLines(settings),
    ...limits(settings),
    ...maps(settings),
    ...proxy(settings),
    ...settings.upstreams.flatMap(({ service, port }) => [
      `upstream ${service} {`,
      `    server 127.0.0.1:${port};`,
      `    keepalive ${IDLE_UPSTREAMS};`,
      // Shorter than the five seconds after which Node.js closes: who closes first decides whether a request is lost.
      "    keepalive_timeout 4s;",
      "}",
    ]),
    `include ${NGINX_DIRECTORY}/default-server.conf;`,
    ...(settings.measured === undefined ? [] : [`include ${NGINX_DIRECTORY}/status.conf;`]),
    ...settings.sites.map(({ name }) => `include ${NGINX_DIRECTORY}/site-${name}.conf;`),
  ];
}

function limits(settings: NginxSettings): readonly string[] {
  return [
    "limit_req_status 429;",
    "limit_conn_status 429;",
    ...settings.sites.flatMap(({ name, requestsPerSecond }) => [
      `limit_req_zone $binary_remote_addr zone=requests.${name}:10m rate=${requestsPerSecond}r/s;`,
      `limit_conn_zone $binary_remote_addr zone=connections.${name}:10m;`,
    ]),
    ...clientZones(settings),
  ];
}

function maps({ sites }: NginxSettings): readonly string[] {
  return [
    'map "$server_name $request_method $uri" $login {',
    "    default no;",
    ...sites.flatMap(loginPattern).map((pattern) => `    "${pattern}" yes;`),
    "}",
    ...CLIENT_MAPS,
    ...cacheMaps(sites),
    ...policyMaps(sites),
    ...socketMaps(sites),
    ...authorizationMap(sites),
    "map $status $allowed_methods {",
    '    default "";',
    "    405 $route_methods;",
    "}",
    "map $status $retry_after {",
    '    default "";',
    "    429 60;",
    "}",
  ];
}

// Services may take /Login, /login/, /login.json and /login;x for /login: each of them is counted.
function loginPattern({ name, login }: NginxSite): readonly string[] {
  if (login === undefined) return [];
  return [`~*^${literal(name)} POST ${literal(login.replace(/\/$/, ""))}(?:[.;][^/]*)?/?\\z`];
}

function proxy({ sites }: NginxSettings): readonly string[] {
  const socket = socketHeaders(sites);
  const headers: readonly (readonly [string, string])[] = [
    ["Host", "$host"],
    ["Connection", socket.Connection],
    ["Upgrade", socket.Upgrade],
    ["X-Real-IP", "$remote_addr"],
    // Set and not added to: what a client says of itself counts for nothing.
    ["X-Forwarded-For", "$remote_addr"],
    ["X-Forwarded-Host", "$host"],
    ["X-Forwarded-Port", "$server_port"],
    ["X-Forwarded-Proto", "$scheme"],
    ["X-Request-ID", "$request_id"],
    ...authorizationHeader(sites),
    ...CLEARED_HEADERS.map((name): readonly [string, string] => [name, '""']),
  ];
  return [
    "proxy_http_version 1.1;",
    ...headers.map(([name, value]) => `proxy_set_header ${name} ${value};`),
    ...HIDDEN_HEADERS.map((name) => `proxy_hide_header ${name};`),
    "proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Charset;",
    ...COOKIE_LINES,
    "proxy_cache off;",
    "proxy_connect_timeout 5s;",
    "proxy_buffer_size 16k;",
    "proxy_buffers 8 16k;",
    // An answer that memory cannot hold is read no faster than the client takes it: none is written to disk.
    "proxy_max_temp_file_size 0;",
    // Only a connection that the service closed while it was idle; what may have been done once is not done twice.
    "proxy_next_upstream error;",
  ];
}
