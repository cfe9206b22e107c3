/** The directives that nginx may have, by the block in which they stand. */
import type { KnownLine } from "./closedLines";
import { isStatus, isTls, type Placed } from "./nginx";
import {
  ALLOW_LINES,
  AUTHORIZATION_HEADER,
  AUTHORIZATION_MAP,
  BASIC_LINES,
  BASIC_REFUSED,
  CLIENT_MAPS,
  CLIENT_ZONES,
  LOGIN_BLOCKS,
  LOGIN_LINES,
  PASSWORD_LINES,
  PROXY_LINES,
  UNKNOWN_LOCATION,
} from "./nginxKnownClients";
import { type KnownBlock, map, type Statements } from "./nginxStatements";
import { STREAM } from "./nginxStream";
import { CACHED, COMPRESSED, COOKIES, FRAMES, SLOW, SOCKET, SOCKET_REFUSED, WEB_MAPS } from "./nginxWeb";

// An entry that begins with a pattern of a login; what counts as one, nobody here can tell.
const MAPS: readonly KnownBlock[] = [
  map("the map of logins", "$server_name $request_method $uri $login", ["default no"], ["~*^{**} POST {**} yes"]),
  ...CLIENT_MAPS,
  map("the map of caching", "$route_data$status $cache_control", [
    "default no-store",
    "~^public[23] {$upstream_http_cache_control|$public_cache}",
  ]),
  ...WEB_MAPS,
  AUTHORIZATION_MAP,
  map("the map of methods", "$status $allowed_methods", ["default ", "405 $route_methods"]),
  map("the map of waiting", "$status $retry_after", ["default ", "429 60"]),
];

const SILENCE: KnownBlock = {
  name: "the location of no answer",
  head: "location = /phiward-silence",
  inside: { lines: ["internal", "return 444"] },
};
const SILENT: readonly KnownLine[] = ["set $route -", "error_page 400 414 431 505 494 497 /phiward-silence"];

const UNNAMED_PLAIN: KnownBlock = {
  name: "the server of unknown names",
  head: "server",
  holds: (block) => !isTls(block) && names(block.inside).includes("_"),
  inside: {
    lines: ["listen 80 default_server", "listen [::]:80 default_server", "server_name _", ...SILENT],
    blocks: [SILENCE, { name: "the location of the rest", head: "location /", inside: { lines: ["return 444"] } }],
  },
};

const UNNAMED_SECURE: KnownBlock = {
  name: "the HTTPS server of unknown names",
  head: "server",
  holds: ({ inside }) => names(inside).includes("_"),
  inside: {
    lines: [
      "listen 443 ssl default_server",
      "listen [::]:443 ssl default_server",
      "server_name _",
      "ssl_reject_handshake on",
      "set $logins ",
      "set $route_basic ",
      ...SILENT,
    ],
    blocks: [SILENCE, { name: "the location of the rest", head: "location /", inside: { lines: ["return 444"] } }],
  },
};

const CHALLENGE: KnownBlock = {
  name: "the location of challenges",
  head: "location ^~ /.well-known/acme-challenge/",
  inside: {
    lines: ["set $route /.well-known/acme-challenge/", "root /var/lib/phiward-acme", "default_type text/plain", "disable_symlinks on"],
  },
};

const PLAIN: KnownBlock = {
  name: "a server of plain HTTP",
  head: "server",
  holds: (block) => !isTls(block),
  inside: {
    lines: ["listen 80", "listen [::]:80", "server_name {names}", ...SILENT],
    blocks: [
      SILENCE,
      CHALLENGE,
      { name: "the location of redirects", head: "location /", inside: { lines: ["return 308 https://$host$request_uri"] } },
    ],
  },
};

const STATUSES = ["400", "401", "403", "404", "405", "408", "411", "413", "414", "415", "416", "417", "421", "429", "431"].concat([
  "500",
  "501",
  "502",
  "503",
  "504",
  "505",
  "507",
]);
const EARLY = ["400", "414", "431", "505"];

const ERRORS: readonly KnownBlock[] = STATUSES.map((status) => ({
  name: "the location of an error",
  head: EARLY.includes(status) ? `location = /phiward-error-${status}` : `location @error-${status}`,
  inside: {
    lines: [...(EARLY.includes(status) ? ["internal"] : []), "default_type application/json", `return ${status} {**}`],
  },
}));

function route(what: string, data: "patients" | "public", more: readonly KnownLine[]): KnownBlock {
  return {
    name: `a location of a route${what}`,
    head: "location {**}",
    holds: ({ inside }) =>
      inside.some(({ name }) => name === "proxy_pass") &&
      (data === "patients" || inside.some(({ name, args }) => name === "set" && args.join(" ") === "$route_data public")),
    inside: {
      lines: [
        "set $route {*}",
        `set $route_data ${data}`,
        "set $route_methods {**}",
        "client_max_body_size {1..16777216}k",
        "client_body_buffer_size {1..1024}k",
        "proxy_read_timeout {1..7200}s",
        "proxy_send_timeout {1..3600}s",
        "proxy_pass http://{services}/{**}",
      ],
      more: [...ALLOW_LINES, ...BASIC_LINES, ...PASSWORD_LINES, "proxy_request_buffering off", ...SLOW, SOCKET, ...more],
      blocks: [
        { name: "the block of other methods", head: "if ($request_method !~ ^(?:{**})$)", inside: { lines: ["return 405"] } },
        SOCKET_REFUSED,
        BASIC_REFUSED,
      ],
    },
  };
}

// Of patients' data nothing may be compressed or stored. What calls itself public is held against the settings by another rule.
const ROUTES: readonly KnownBlock[] = [route(" of public data", "public", [CACHED, ...COMPRESSED]), route("", "patients", [])];

const SECURE: KnownBlock = {
  name: "a server of HTTPS",
  head: "server",
  inside: {
    lines: [
      "listen 443 ssl",
      "listen [::]:443 ssl",
      "server_name {names}",
      "ssl_certificate /etc/phiward/tls/{sites}/certificate.pem",
      "ssl_certificate_key /etc/phiward/tls/{sites}/key.pem",
      "add_header Strict-Transport-Security max-age={31536000..999999999}; includeSubDomains always",
      // The site's, of two words at least, and a service's own beside it.
      "add_header Content-Security-Policy {*} {**} always",
      "add_header Content-Security-Policy $service_policy always",
      "add_header X-Content-Type-Options nosniff always",
      "add_header X-Frame-Options {DENY|SAMEORIGIN} always",
      "add_header Referrer-Policy no-referrer always",
      "add_header Permissions-Policy accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=() always",
      "add_header Cross-Origin-Opener-Policy same-origin always",
      "add_header Cross-Origin-Resource-Policy same-origin always",
      "add_header Cache-Control $cache_control always",
      "add_header X-Request-ID $request_id always",
      "add_header Allow $allowed_methods always",
      "add_header Retry-After $retry_after always",
      ...STATUSES.map((status) => `error_page ${status} ${EARLY.includes(status) ? "/phiward-error-" : "@error-"}${status}`),
      "error_page 494 =431 /phiward-error-431",
      "error_page 497 /phiward-silence",
      "set $route -",
      "set $route_data ",
      "set $route_methods ",
      "limit_req zone=requests.{sites} burst={0..100000} nodelay",
      "limit_conn connections.{sites} {1..100000}",
    ],
    more: [FRAMES, ...ALLOW_LINES, ...LOGIN_LINES, "set $route_cache ", "set $route_socket ", "set $route_password ", ...COOKIES],
    blocks: [SILENCE, ...ERRORS, ...ROUTES, ...LOGIN_BLOCKS, UNKNOWN_LOCATION],
  },
};

const CLEARED = ["Forwarded", "Proxy", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"].concat(
  ["X-Forwarded-Server", "Client-IP", "X-Client-IP", "True-Client-IP", "X-Cluster-Client-IP", "CF-Connecting-IP", "Remote-User"],
  ["X-Remote-User", "X-Forwarded-User", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override"],
);
const HIDDEN = [
  "Strict-Transport-Security",
  "Content-Security-Policy",
  "X-Content-Type-Options",
  "X-Frame-Options",
  "Referrer-Policy",
].concat(
  [
    "Permissions-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Cache-Control",
    "X-Request-ID",
    "Expires",
    "Pragma",
  ],
  ["Content-Security-Policy-Report-Only", "X-XSS-Protection", "X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version", "X-Runtime"],
  ["X-Generator", "Via"],
);

const STATUS: KnownBlock = {
  name: "the server of numbers",
  head: "server",
  holds: isStatus,
  inside: {
    lines: ["listen 127.0.0.1:9113", "server_name phiward-status", "set $route -"],
    blocks: [
      { name: "the location of numbers", head: "location = /status", inside: { lines: ["stub_status"] } },
      { name: "the location of the rest", head: "location /", inside: { lines: ["return 444"] } },
    ],
  },
};

const HTTP: KnownBlock = {
  name: "http",
  head: "http",
  inside: {
    lines: [
      "error_log stderr emerg",
      "log_format phiward client=$remote_addr id=$request_id site=$server_name route=$route method=$request_method status=$status bytes=$body_bytes_sent seconds=$request_time upstream=$upstream_status upstream_seconds=$upstream_response_time limited=$limit_req_status tls=$ssl_protocol group=$ssl_curve asks=$asks tries=$tries basic=$basic login=$login",
      "access_log syslog:server=unix:/dev/log,tag=nginx,nohostname phiward",
      "uninitialized_variable_warn off",
      "server_tokens off",
      "default_type application/octet-stream",
      "server_names_hash_bucket_size {*}",
      "map_hash_bucket_size {*}",
      "port_in_redirect off",
      "gzip off",
      "ssl_protocols TLSv1.3",
      "ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
      "ssl_prefer_server_ciphers off",
      "ssl_session_tickets off",
      "ssl_early_data off",
      "ssl_session_cache shared:tls:10m",
      "ssl_session_timeout 1h",
      "ssl_stapling off",
      "ssl_ecdh_curve {X25519MLKEM768:X25519:secp384r1:prime256v1|X25519:secp384r1:prime256v1}",
      "http2 on",
      "http2_max_concurrent_streams {1..128}",
      "client_header_timeout {1..60}s",
      "client_body_timeout {1..60}s",
      "send_timeout {1..60}s",
      "keepalive_timeout {1..75}s",
      "keepalive_requests {1..1000}",
      "reset_timedout_connection on",
      "client_header_buffer_size 1k",
      "large_client_header_buffers 4 {8..16}k",
      "client_max_body_size 1k",
      "client_body_temp_path /run/nginx-bodies",
      "limit_req_status 429",
      "limit_conn_status 429",
      "limit_req_zone $binary_remote_addr zone=requests.{sites}:10m rate={1..100000}r/s",
      "limit_conn_zone $binary_remote_addr zone=connections.{sites}:10m",
      ...CLIENT_ZONES,
      "proxy_http_version 1.1",
      "proxy_set_header Host $host",
      ...["X-Real-IP", "X-Forwarded-For"].map((name) => `proxy_set_header ${name} $remote_addr`),
      "proxy_set_header X-Forwarded-Host $host",
      "proxy_set_header X-Forwarded-Port $server_port",
      "proxy_set_header X-Forwarded-Proto $scheme",
      "proxy_set_header X-Request-ID $request_id",
      // Variables of the maps of sockets, or nothing.
      "proxy_set_header Upgrade {|$socket_upgrade}",
      "proxy_set_header Connection {|$socket_connection}",
      ...CLEARED.map((name) => `proxy_set_header ${name} `),
      ...HIDDEN.map((name) => `proxy_hide_header ${name}`),
      "proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Charset",
      "proxy_cookie_flags ~ secure httponly samesite=strict",
      "proxy_cache off",
      "proxy_connect_timeout {1..60}s",
      "proxy_buffer_size {4..64}k",
      "proxy_buffers {4..16} {4..64}k",
      "proxy_max_temp_file_size 0",
      "proxy_next_upstream error",
    ],
    more: [...PROXY_LINES, AUTHORIZATION_HEADER],
    blocks: [
      ...MAPS,
      {
        name: "an upstream",
        head: "upstream {services}",
        inside: { lines: ["server 127.0.0.1:{ports}", "keepalive {1..1000}", "keepalive_timeout {1..60}s"] },
      },
      STATUS,
      UNNAMED_PLAIN,
      UNNAMED_SECURE,
      PLAIN,
      SECURE,
    ],
  },
};

/** The top of nginx.conf, with all that is in it. */
export const MAIN: Statements = {
  lines: [
    "user www-data",
    "worker_processes auto",
    "worker_rlimit_nofile {1024..1048576}",
    "worker_shutdown_timeout {1..7200}s",
    "pid /run/nginx.pid",
    "error_log stderr warn",
  ],
  more: ["load_module {stream module}"],
  blocks: [
    { name: "events", head: "events", inside: { lines: ["worker_connections {512..65536}"] } },
    HTTP,
    { name: "stream", head: "{stream block}", inside: STREAM },
  ],
};

function names(inside: readonly Placed[]): readonly string[] {
  return inside.filter(({ name }) => name === "server_name").flatMap(({ args }) => args);
}
