/** What nginx knows of the address that asks: how many logins it has left, and what it asks for that is not there. */
import { BANNED_CLIENTS, type WebJailName } from "../../config/names";
import type { NginxRoute, NginxSettings, NginxSite } from "./settings";

// Thirty people begin their day, and each may mistype once; failures are what the jails count.
const LOGINS = { atOnce: 60, aMinute: 30 } as const;

// A browser asks for these by itself, of every site.
const BROWSERS = [
  ...["favicon\\.(?:ico|png|svg)", "apple-touch-icon[a-z0-9-]*\\.png", "robots\\.txt", "browserconfig\\.xml"],
  ...["(?:site\\.web)?manifest(?:\\.json)?", "\\.well-known/.*", ".*\\.map"],
];
// Programs and files of others, which scanners ask every site for.
const PROBES = [
  "\\.(?:php\\d?|phtml|aspx?|jspx?|cgi|do|action|sql|bak|old|swp|env|ini|pem|key)(?:/|$)",
  "/(?:\\.(?!well-known/)|wp-|cgi-bin|phpmyadmin|vendor/|actuator|server-status|solr|owa/|boaform)",
];

// SQL where a client's input has none. It is sought in what was sent: encoded, of any case, with comments for blanks.
const BLANK = "(?:%20|%09|%0[ad]|\\+|/\\*[^*]{0,20}\\*/)";
const QUOTE = "(?:'|%27|%22)";
const OPENING = "(?:\\(|%28)";
const SQL = [
  `union(?:${BLANK}|${OPENING})+(?:all${BLANK}+)?select`,
  // ' or '1'='1
  `(?:${QUOTE}|[0-9])${BLANK}+(?:or|and)${BLANK}+(?:[0-9]{1,10}|${QUOTE}[a-z0-9]{0,10}${QUOTE})${BLANK}*(?:=|%3d)`,
  `${QUOTE}${BLANK}*(?:--|%23|/\\*)`,
  `(?:;|%3b)${BLANK}*(?:select|insert|update|delete|drop|alter|create|truncate|exec)${BLANK}`,
  `(?:pg_sleep|sleep|benchmark|extractvalue|updatexml|load_file|xp_cmdshell)${BLANK}*${OPENING}`,
  `(?:information_schema|pg_catalog|waitfor${BLANK}+delay)`,
];

/** Maps of what is asked for and by whom. An empty key is not counted. */
export const CLIENT_MAPS: readonly string[] = [
  "map $uri $asks {",
  "    default other;",
  `    "~*^/(?:${BROWSERS.join("|")})\\z" browser;`,
  ...PROBES.map((pattern) => `    "~*${pattern}" probe;`),
  "}",
  "map $request_uri $tries {",
  "    default no;",
  ...SQL.map((pattern) => `    "~*${pattern}" sql;`),
  "}",
  "map $uri $beginning {",
  '    default "";',
  // A key as long as a path could fill the zone.
  '    "~^(?<first_characters>.{1,64})" $first_characters;',
  "}",
  "map $login $login_client {",
  '    default "";',
  "    yes $binary_remote_addr;",
  "}",
  'map "$login $logins" $slowed_client {',
  '    default "";',
  '    "yes slowed" $binary_remote_addr;',
  "}",
  // Whether one is sent, and nothing of it.
  "map $http_authorization $sent_password {",
  '    default "";',
  '    "~*^basic" yes;',
  "}",
  'map "$route_basic$sent_password" $basic {',
  "    default no;",
  "    yesyes yes;",
  "}",
  'map "$basic $logins" $basic_closed {',
  '    default "";',
  '    "yes closed" yes;',
  "}",
  'map "$login $logins" $logins_closed {',
  '    default "";',
  '    "yes closed" yes;',
  "}",
];

/** Whether one can log in to a site at all, by a path or by Basic authentication. */
export function hasLogin({ login, routes }: NginxSite): boolean {
  return login !== undefined || routes.some(takesPasswords);
}

function takesPasswords({ authentication, passwords }: NginxRoute): boolean {
  return authentication === "basic" || passwords !== undefined;
}

/** Lines of a location that a password is sent to with each request: to nginx, or to the service. */
export function basicLines(route: NginxRoute): readonly string[] {
  return takesPasswords(route) ? ["set $route_basic yes;", "if ($basic_closed) {", "    return 429;", "}"] : [];
}

/** Zones that count an address over all sites. */
export function clientZones({ slowedLogins }: NginxSettings): readonly string[] {
  return [
    `limit_req_zone $login_client zone=login:10m rate=${LOGINS.aMinute}r/m;`,
    `limit_req_zone $slowed_client zone=slowed:10m rate=${slowedLogins}r/m;`,
    "limit_req_zone $binary_remote_addr$beginning zone=unknown:10m rate=1r/m;",
  ];
}

/** Lines of a server with a login. */
export function loginLimits({ login }: NginxSite): readonly string[] {
  const closed = ['set $logins "";', 'set $route_basic "";'];
  if (login === undefined) return [...closed, ...ifBanned("nginx-guesser", "set $logins closed;")];
  return [
    ...closed,
    ...ifBanned("nginx-login", "set $logins slowed;"),
    ...ifBanned("nginx-guesser", "set $logins closed;"),
    ...["if ($logins_closed) {", "    return 429;", "}"],
    `limit_req zone=login burst=${LOGINS.atOnce - 1} nodelay;`,
    "limit_req zone=slowed nodelay;",
  ];
}

function ifBanned(jail: WebJailName, line: string): readonly string[] {
  return [`if (-f ${BANNED_CLIENTS}/${jail}/$remote_addr) {`, `    ${line}`, "}"];
}

/** Lines of http: who is believed about the client. Of several addresses the last one that is not a proxy's counts. */
export function proxyLines({ proxies = [] }: NginxSettings): readonly string[] {
  if (proxies.length === 0) return [];
  return [...proxies.map((network) => `set_real_ip_from ${network};`), "real_ip_header X-Forwarded-For;", "real_ip_recursive on;"];
}

/** Lines of a server that refuses who is banned from all sites: behind a proxy the firewall cannot. */
export function closedLines({ proxies = [] }: Pick<NginxSettings, "proxies">): readonly string[] {
  const jails = ["nginx-scanner", "nginx-unknown", "nginx-limits"] as const;
  return proxies.length === 0 ? [] : jails.flatMap((jail) => ifBanned(jail, "return 403;"));
}

/** Lines of a server or a location that only these networks may ask; those of a location hold in place of the server's. */
export function allowLines(allow: readonly string[] | undefined): readonly string[] {
  return allow === undefined ? [] : [...allow.map((network) => `allow ${network};`), "deny all;"];
}

/**
 * The location of all paths that no route has. Nothing is refused by its limit: that only tells the log whether the address asked for
 * the same less than a minute ago. `return` would answer before it is asked.
 */
export function unknownLocation(): readonly string[] {
  return [
    "location / {",
    "    limit_req zone=unknown;",
    "    limit_req_dry_run on;",
    "    root /run/phiward-nothing;",
    "    try_files /phiward-nothing =404;",
    "}",
  ];
}
