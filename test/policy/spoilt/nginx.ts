import { textOf } from "../fixtures";
import {
  type Allowed,
  added,
  allowed,
  becomes,
  listed,
  onlyInOldest,
  type Refused,
  refused,
  replaced,
  type Spoil,
  withoutFile,
} from "./spoil";

const MAIN = textOf("nginx", "/etc/nginx/nginx.conf");
const TLS = textOf("nginx", "/etc/nginx/phiward/tls.conf");
const DEFAULT_SERVER = textOf("nginx", "/etc/nginx/phiward/default-server.conf");
const HEADERS = textOf("nginx", "/etc/nginx/phiward/headers-api.example.org.conf");
const SITE = textOf("nginx", "/etc/nginx/phiward/site-api.example.org.conf");
const LISTENERS = textOf("nginx", "/etc/nginx/phiward/listeners.conf");
const STREAM_TLS = textOf("nginx", "/etc/nginx/phiward/stream-tls.conf");

// Into the block of http, and into the location of notes.
const http = (lines: string): Spoil => replaced("server_tokens off;", `server_tokens off;\n${lines}`);
const notes = (lines: string): Spoil => replaced("location = /notes {", `location = /notes {\n${lines}`);

/** A line of the map of what caches are told, before its pattern. */
const cacheLine = (line: string): Spoil => replaced("~^public[23] ", `${line}\n~^public[23] `);
const known = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});
const OTHER_MAP = "map $uri $cache_control {\ndefault private;\n}\n";
const STORES = ["proxy", "fastcgi", "uwsgi", "scgi"].flatMap((kind) => [`${kind}_cache`, `${kind}_store`]);
const TLS_NAME = "listen [::]:443 ssl;\n    server_name api.example.org;\n";

const STRICT = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const SETTINGS_REFUSED: readonly (readonly [string, string, string])[] = [
  ["anyone may frame it", "default-src 'self'; base-uri 'none'; form-action 'self'", "found a policy without frame-ancestors"],
  ["only default-src is there", "default-src 'self'", "found a policy without base-uri, form-action, frame-ancestors"],
  ["scripts are made of data", `${STRICT}; script-src data:`, "found data: in script-src"],
  ["everything is", "default-src blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'", "found blob: in default-src"],
  ["frames are", `${STRICT}; frame-src data:`, "found data: in frame-src"],
  ["a nonce is the same in every answer", `${STRICT}; script-src 'nonce-c2FtZQ=='`, "found a fixed nonce in script-src"],
  ["a handler in a tag has a hash", `${STRICT}; script-src 'unsafe-hashes'`, "found 'unsafe-hashes' in script-src"],
  ["a word is mistyped", `${STRICT}; script-src 'slef'`, "found a word in quotes in script-src that CSP does not have"],
  ["a directive is mistyped", `${STRICT}; scirpt-src 'self'`, "found a directive that CSP does not have"],
  ["styles let texts be run", `${STRICT}; style-src 'unsafe-eval'`, "found 'unsafe-eval' in style-src"],
];

/** What the rules about the web server must refuse. */
export const NGINX_REFUSED: readonly Refused[] = [
  ...refused("nginx-files-declared", "nginx", [
    [
      "a file of someone else's is included",
      MAIN,
      http("include /etc/nginx/conf.d/*.conf;"),
      "found an include of a file that is not in `files`",
    ],
    ["a file includes itself", HEADERS, added("include /etc/nginx/phiward/headers-*.conf;"), "found an include that never ends"],
    ["a file is not closed", SITE, added("server {"), "found a file that nginx could not parse"],
    ["a file closes what is not open", SITE, added("}"), "found a file that nginx could not parse"],
    ["a quote is not closed", HEADERS, added('add_header X "1;'), "found a file that nginx could not parse"],
    ["the main file is missing", "files", withoutFile("/etc/nginx/nginx.conf"), "found no /etc/nginx/nginx.conf"],
    [
      "a site's file is missing",
      "files",
      withoutFile("/etc/nginx/phiward/default-server.conf"),
      "found an include of a file that is not in `files`",
    ],
    ["it passes on streams that nobody declares", "settings.listeners", becomes([]), "found stream"],
    ["it passes on mail", MAIN, added("mail { server { listen 25; } }"), "found mail"],
    ["it runs code of others", MAIN, added("load_module modules/ngx_http_perl_module.so;"), "found load_module"],
  ]),
  ...refused("nginx-clients-as-declared", "nginx", [
    ["everyone may ask for notes", SITE, replaced("        deny all;\n", ""), "found other networks in nginx's files than in its settings"],
    [
      "a network more may ask",
      SITE,
      replaced("        deny all;\n", "        allow 192.0.2.0/24;\n        deny all;\n"),
      "found other networks",
    ],
    ["a network takes the other's place", SITE, replaced("allow 203.0.113.0/24;", "allow 192.0.2.0/24;"), "found other networks"],
    ["what is denied comes first", SITE, notes("        deny all;\n"), "found other networks"],
    ["the site names networks that nginx does not know", "settings.sites.0.allow", becomes(["192.0.2.0/24"]), "found other networks"],
    [
      "a route asks nobody for a password any more",
      SITE,
      replaced('auth_basic "Staff of the clinic";', 'auth_basic "off";'),
      "found other users in nginx's files than in its settings, or none",
    ],
    ["it has other users", SITE, replaced("phiward-users/", "phiward-users/other-"), "found other users"],
    ["it has no users", SITE, replaced("auth_basic_user_file", "satisfy"), "found other users"],
    ["a service gets the passwords", SITE, replaced("set $route_password asked;", ""), "found a service that gets passwords"],
    [
      "a password is asked for that nobody declared",
      SITE,
      notes('        auth_basic "Notes";\n'),
      "found a password that no setting asks for",
    ],
    ["the realm is the word for none", "settings.sites.0.routes.3.passwords.realm", becomes("off"), "found other users"],
    ["nobody may ask any more", SITE, replaced("    limit_conn", "    deny all;\n    limit_conn"), "found other networks"],
  ]),
  ...refused("nginx-proxies-narrow", "nginx", [
    ["everyone is believed", "settings.proxies", becomes(["0.0.0.0/0"]), "settings.proxies.0: found a wide network, or none"],
    ["a wide network is believed", "settings.proxies", becomes(["2001::/16"]), "settings.proxies.0: found a wide network, or none"],
    ["nginx believes one that nobody declared", MAIN, http("set_real_ip_from 192.0.2.0/24;"), "found other proxies in nginx's files"],
    ["nginx forgets one", MAIN, replaced("set_real_ip_from 192.0.2.128/29;", ""), "found other proxies in nginx's files"],
    ["nginx believes all", MAIN, http("set_real_ip_from 0.0.0.0/0;"), "found a wide network, or none"],
    ["nginx does not know one that is declared", "settings.proxies", becomes(["192.0.2.0/24"]), "found other proxies in nginx's files"],
  ]),
  ...refused("nginx-tls13-only", "nginx", [
    ["TLS 1.2 is spoken", TLS, replaced("ssl_protocols TLSv1.3;", "ssl_protocols TLSv1.2 TLSv1.3;"), "found ssl_protocols TLSv1.2 TLSv1.3"],
    ["only the oldest hosts speak it", TLS, onlyInOldest("TLSv1.3;", "TLSv1.2;"), "found ssl_protocols TLSv1.2, allowed: TLSv1.3"],
    ["nothing is said, which is TLS 1.2 too", TLS, replaced("ssl_protocols TLSv1.3;\n", ""), "with no ssl_protocols in effect"],
    ["a site speaks it", SITE, replaced("ssl_certificate ", "ssl_protocols TLSv1.2;\nssl_certificate "), "found ssl_protocols TLSv1.2"],
    ["a command lowers the version", TLS, replaced("Ciphersuites", "MinProtocol"), "found an ssl_conf_command other than Ciphersuites"],
    ["a suite is short", TLS, replaced("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_8_SHA256"), "found a suite that is weaker"],
    ["tickets are given", TLS, replaced("ssl_session_tickets off", "ssl_session_tickets on"), "found ssl_session_tickets on"],
    ["nothing is said of tickets", TLS, replaced("ssl_session_tickets off;\n", ""), "with no ssl_session_tickets in effect"],
    ["requests may come early", TLS, replaced("ssl_early_data off", "ssl_early_data on"), "found ssl_early_data on"],
    ["no server speaks TLS", "files", (good) => plain(good), "found no HTTPS server"],
  ]),
  ...refused("listener-tls13-only", "nginx", [
    ["a device may speak TLS 1.2", "settings.listeners.0.minimumTls", becomes("TLSv1.2"), "found TLSv1.2, allowed: TLSv1.3"],
    [
      "its server speaks it",
      LISTENERS,
      replaced("ssl_certificate ", "ssl_protocols TLSv1.2;\nssl_certificate "),
      "found ssl_protocols TLSv1.2",
    ],
    ["all of them speak it", STREAM_TLS, replaced("TLSv1.3;", "TLSv1.2 TLSv1.3;"), "found ssl_protocols TLSv1.2 TLSv1.3"],
    ["nothing is said of versions", STREAM_TLS, replaced("ssl_protocols TLSv1.3;\n", ""), "with no ssl_protocols in effect"],
    ["it speaks no TLS", LISTENERS, replaced("2762 ssl;", "2762;"), "found a listener without TLS"],
  ]),
  ...refused("listener-networks-narrow", "nginx", [
    ["a network is wide", "settings.listeners.0.networks.0", becomes("10.0.0.0/8"), "found a wide network"],
    ["it is open to the world", "settings.listeners.0.networks.0", becomes("0.0.0.0/0"), "found a wide network"],
    ["IPv6 is wide", "settings.listeners.0.networks.1", becomes("2001:db8::/31"), "found a wide network"],
    ["a network is none", "settings.listeners.0.networks.0", becomes("all"), "found a wide network, or none"],
    ["nobody is named", "settings.listeners.0.networks", becomes([]), "found no network"],
    ["it leads to a database's port", "settings.listeners.0.port", becomes(5432), "found port 5432 (PostgreSQL)"],
    ["it leads to Docker's", "settings.listeners.0.port", becomes(2376), "found port 2376 (Docker)"],
    ["the server allows all", LISTENERS, replaced("allow 203.0.113.0/24;", "allow all;"), "found a listener that allows a wide network"],
    ["the server allows many", LISTENERS, replaced("203.0.113.0/24", "203.0.0.0/8"), "found a listener that allows a wide network"],
    ["others are not denied", LISTENERS, replaced("deny all;", ""), "found a listener that does not deny all others"],
    ["only some others are denied", LISTENERS, replaced("deny all;", "deny 10.0.0.0/8;"), "found a listener that does not deny all others"],
    ["a name stands for a network", LISTENERS, replaced("allow 203.0.113.0/24;", "allow lab.example.org;"), "that allows a wide network"],
    ["others are denied first", LISTENERS, replaced("deny all;", "deny all; allow 203.0.113.0/24;"), "does not deny all others"],
  ]),
  ...refused("nginx-http-only-redirects", "nginx", [
    ["a redirect leads to HTTP", SITE, replaced("308 https://", "308 http://"), "found a response other than a redirect to HTTPS"],
    ["it answers", SITE, replaced("return 308 https://$host$request_uri;", 'return 200 "ok";'), "found a response other than a redirect"],
    [
      "it passes requests on",
      SITE,
      replaced("return 308 https://$host$request_uri;", "proxy_pass http://api;"),
      "found a server that answers without TLS",
    ],
    ["strangers get a file", DEFAULT_SERVER, replaced("return 444;", "root /var/www;"), "found a server that answers without TLS"],
    ["a site is no longer TLS", SITE, replaced(" ssl;", ";"), "found a server that answers without TLS"],
    ["a further server listens", SITE, added("server { listen 8080; server_name a.example; }"), "does not redirect everything"],
  ]),
  ...refused("nginx-security-headers", "nginx", [
    [
      "scripts may stand in the page",
      "settings.sites.0.contentSecurityPolicy",
      becomes(`${STRICT}; script-src 'unsafe-inline'`),
      "found 'unsafe-inline' in script-src",
    ],
    [
      "the rendered policy lets scripts be made",
      HEADERS,
      replaced("default-src 'none'", "default-src 'self' 'unsafe-eval'"),
      "found 'unsafe-eval' in default-src",
    ],
    ["everybody may send scripts", HEADERS, replaced("default-src 'none'", "default-src *"), "found * in default-src"],
    [
      "everybody who has a certificate may",
      HEADERS,
      replaced("default-src 'none'", "default-src https://*"),
      "found any host in default-src",
    ],
    ["everybody may at any port", HEADERS, replaced("default-src 'none'", "default-src http://*:*"), "found any host in default-src"],
    [
      "everybody may at any port, whatever the scheme",
      HEADERS,
      replaced("default-src 'none'", "default-src *:*"),
      "found any host in default-src",
    ],
    [
      "a whole domain of the highest level may",
      HEADERS,
      replaced("default-src 'none'", "default-src https://*.com"),
      "found a whole top-level domain in default-src",
    ],
    [
      "what comes in the clear may",
      HEADERS,
      replaced("default-src 'none'", "default-src http://a.example.org"),
      "found an origin without TLS in default-src",
    ],
    ["sockets may go anywhere", HEADERS, replaced("default-src 'none'", "default-src wss:"), "found wss: in default-src"],
    ["the policy has no beginning", HEADERS, replaced("default-src 'none'; ", ""), "found a policy without default-src"],
    ...SETTINGS_REFUSED.map(([what, policy, says]): readonly [string, string, Spoil, string] => [
      what,
      "settings.sites.0.contentSecurityPolicy",
      becomes(policy),
      says,
    ]),
    [
      "only a service's own policy is sent",
      HEADERS,
      replaced(`"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"`, '"$service_policy"'),
      "have no Content-Security-Policy",
    ],
    [
      "only what it says of frames is sent",
      HEADERS,
      replaced(`"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"`, '"$service_frames"'),
      "have no Content-Security-Policy",
    ],
    ["a client chooses the policy", HEADERS, replaced("default-src 'none'", "default-src $arg_a"), "found a variable in default-src"],
    ["HSTS ends soon", HEADERS, replaced("max-age=63072000", "max-age=31535999"), "found another Strict-Transport-Security"],
    [
      "HSTS is missing",
      HEADERS,
      replaced("add_header Strict-Transport-Security", "add_header X-Other"),
      "have no Strict-Transport-Security",
    ],
    ["errors have none", HEADERS, replaced('"nosniff" always', '"nosniff"'), "found X-Content-Type-Options without always"],
    ["it may be framed", HEADERS, replaced('"DENY"', '"ALLOWALL"'), "found another X-Frame-Options"],
    ["the referrer is told", HEADERS, replaced('"no-referrer"', '"unsafe-url"'), "found another Referrer-Policy"],
    [
      "a location has a header of its own",
      SITE,
      notes("add_header X-Note 1;"),
      "found a location whose responses have no Strict-Transport-Security",
    ],
    ["a condition has a header of its own", SITE, notes("if ($arg_a) { add_header X-Note 1; }"), "found a if whose responses have no"],
    [
      "the include is gone",
      SITE,
      replaced("include /etc/nginx/phiward/headers-api.example.org.conf;", ""),
      "found a server whose responses have no",
    ],
  ]),
  ...refused("nginx-styles-not-inline", "nginx", [
    [
      "styles may stand in the page",
      "settings.sites.0.contentSecurityPolicy",
      becomes(`${STRICT}; style-src 'self' 'unsafe-inline'`),
      "found 'unsafe-inline' in style-src",
    ],
    [
      "the rendered policy lets them",
      HEADERS,
      replaced("default-src 'none'", "default-src 'none'; style-src-attr 'unsafe-inline'"),
      "in style-src-attr",
    ],
  ]),
  ...refused("nginx-cookies-guarded", "nginx", [
    ["other sites have them sent along", "settings.sites.0.sameSite", becomes("none"), "found none: any site can act"],
    ["the word is none of ours", "settings.sites.0.sameSite", becomes("loose"), "found another word, allowed: strict or lax"],
    ["the word only begins like one of ours", MAIN, replaced("samesite=strict", "samesite=strictly"), "SameSite, allowed: strict or lax"],
    ["a flag only ends like one of ours", MAIN, replaced("~ secure ", "~ nosecure "), "found a cookie that is not Secure, allowed: secure"],
    [
      "scripts read whatever the site does not name",
      MAIN,
      replaced("secure httponly", "secure nohttponly"),
      "found a cookie that scripts can read, allowed: httponly, or a name among readableCookies of the site",
    ],
    [
      "flags are turned off",
      MAIN,
      replaced("proxy_cookie_flags ~ secure httponly samesite=strict;", "proxy_cookie_flags off;"),
      "found a location that sets no flags on cookies, allowed: proxy_cookie_flags for every name",
    ],
    ["the rendered flags let others", MAIN, replaced("samesite=strict", "samesite=none"), "found a cookie without SameSite"],
    [
      "they are sent unencrypted",
      MAIN,
      replaced("proxy_cookie_flags ~ secure ", "proxy_cookie_flags ~ "),
      "found a cookie that is not Secure",
    ],
    ["scripts read them", MAIN, replaced("secure httponly samesite", "secure samesite"), "found a cookie that scripts can read"],
    [
      "scripts read one that is not named",
      SITE,
      replaced(
        'set $route_methods "";',
        'set $route_methods "";\nproxy_cookie_flags session secure samesite=strict;\nproxy_cookie_flags ~ secure httponly samesite=strict;',
      ),
      "found a cookie that scripts can read",
    ],
    [
      "a location has flags for one of them only",
      SITE,
      notes("proxy_cookie_flags a secure httponly samesite=strict;"),
      "sets no flags on cookies",
    ],
    ["nothing is said", MAIN, replaced("proxy_cookie_flags ~ secure httponly samesite=strict;", ""), "sets no flags on cookies"],
  ]),
  ...refused("nginx-upstreams-on-loopback", "nginx", [
    ["an upstream is elsewhere", MAIN, replaced("server 127.0.0.1:", "server 10.0.0.5:"), "found an upstream on another host"],
    [
      "a location passes on elsewhere",
      SITE,
      replaced("proxy_pass http://api/notes;", "proxy_pass http://10.0.0.5:8080/notes;"),
      "found a proxy_pass to another host",
    ],
    ["a client says where", SITE, replaced("proxy_pass http://api/notes;", "proxy_pass http://$http_x_to/notes;"), "resolved at run time"],
    ["by another protocol", SITE, notes("fastcgi_pass files.example.org:9000;"), "found a fastcgi_pass to another host"],
  ]),
  ...refused("nginx-no-phi-in-logs", "nginx", [
    [
      "the query is logged",
      MAIN,
      replaced("method=$request_method", "method=$request_method query=$args"),
      "found a format with a variable that may identify a patient",
    ],
    [
      "the whole line is logged",
      MAIN,
      replaced("method=$request_method", "line=$request"),
      "found a format with a variable that may identify a patient",
    ],
    [
      "the body is logged",
      MAIN,
      replaced("method=$request_method", "body=$request_body"),
      "found a format with a variable that may identify a patient",
    ],
    [
      "cookies are logged",
      MAIN,
      replaced("method=$request_method", "cookies=$http_cookie"),
      "found a format with a variable that may identify a patient",
    ],
    [
      "one field of the query is logged",
      MAIN,
      replaced("method=$request_method", "name=${arg_name}"),
      "found a format with a variable that may identify a patient",
    ],
    [
      "the route is made of the query",
      SITE,
      replaced("set $route /notes;", "set $route $request_uri;"),
      "found a format with a variable that may identify a patient",
    ],
    [
      "a map hands the query on",
      MAIN,
      replaced("yes $binary_remote_addr;", 'yes $binary_remote_addr;\n}\nmap $status $route {\ndefault "$login_client$args";'),
      "found a format with a variable that may identify a patient",
    ],
    [
      "nothing is logged",
      MAIN,
      replaced("access_log syslog:server=unix:/dev/log,tag=nginx,nohostname phiward;", "access_log off;"),
      "found requests that are not logged",
    ],
    ["a location logs nothing", SITE, notes("access_log off;"), "found requests that are not logged"],
    [
      "a log is of nginx's own format",
      MAIN,
      replaced("nohostname phiward;", "nohostname combined;"),
      "found one of nginx's default formats",
    ],
    ["a log has no format", SITE, notes("access_log /var/log/nginx/notes.log;"), "found one of nginx's default formats"],
    [
      "only some requests are logged",
      MAIN,
      replaced("nohostname phiward;", "nohostname phiward if=$login;"),
      "found a log of some requests only",
    ],
    [
      "no log is declared",
      MAIN,
      replaced("access_log syslog:server=unix:/dev/log,tag=nginx,nohostname phiward;", ""),
      "are not logged in a declared format",
    ],
    [
      "errors quote requests",
      MAIN,
      replaced("error_log stderr emerg;", "error_log stderr error;"),
      "found an error log within http that quotes requests",
    ],
    ["errors go where others go", MAIN, replaced("error_log stderr emerg;", ""), "found request errors go to the inherited error_log"],
    ["a site debugs", SITE, notes("error_log /tmp/debug.log debug;"), "found an error log within http that quotes requests"],
  ]),
  ...refused("nginx-patients-data-not-stored", "nginx", [
    ["caches may keep all", MAIN, replaced("default no-store;", "default private;"), "without no-store at status 200"],
    ["what went well may be kept", MAIN, replaced("~^public[23]", "~^(public|patients)[23]"), "without no-store at status 200, 201"],
    ["nothing is said", HEADERS, replaced("add_header Cache-Control", "add_header X-Cache"), "without no-store at status"],
    ["errors may be kept", HEADERS, replaced('"$cache_control" always', '"$cache_control"'), "without no-store at status"],
    [
      "a route of patients passes for public",
      SITE,
      replaced("set $route_data patients;", "set $route_data public;"),
      "without no-store at status",
    ],
    [
      "nginx keeps answers",
      MAIN,
      replaced("proxy_cache off;", "proxy_cache all;"),
      "found a proxy_cache, which writes responses to the disk",
    ],
    ["nginx stores files", SITE, notes("proxy_store on;"), "found a proxy_store"],
    ...STORES.map(
      (name) => [`nginx has a ${name}`, MAIN, http(`${name} all;`), `found a ${name}, which writes responses to the disk`] as const,
    ),
    [
      "a service's own word counts at each status",
      HEADERS,
      replaced('"$cache_control"', '"private"'),
      "at status 200, 201, 204, 206, 301, 304, 400, 401, 403, 404, 429, 500, 502, 504, allowed: Cache-Control: no-store, always",
    ],
    ["the word only begins so", HEADERS, replaced('"$cache_control"', '"no-storefront"'), "without no-store at status 200, 201"],
    ["a variable beside the word may be anything", HEADERS, replaced('"$cache_control"', '"no-store$x"'), "without no-store at status 200"],
    ["nothing is said where no line fits", MAIN, replaced("default no-store;", ""), "without no-store at status 200, 201"],
    ["one status is kept by its word", MAIN, cacheLine("patients404 private;"), "without no-store at status 404, allowed"],
    ["a word is the same in capitals", MAIN, cacheLine("PATIENTS404 private;"), "without no-store at status 404, allowed"],
    [
      "a word comes before a pattern",
      MAIN,
      cacheLine("~^patients no-store;\npatients404 private;"),
      "without no-store at status 404, allowed",
    ],
    ["a pattern counts in capitals", MAIN, cacheLine('"~*^PATIENTS5" private;'), "without no-store at status 500, 502, 504, allowed"],
    ["a pattern cannot be read, and may match", MAIN, cacheLine('"~(" private;'), "without no-store at status 200, 201"],
    [
      "a later map counts",
      MAIN,
      replaced("map $status $allowed_methods {", `${OTHER_MAP}map $status $allowed_methods {`),
      "without no-store",
    ],
    ["a location has headers of its own", SITE, notes("add_header X-Kind note always;"), "without no-store at status 200, 201"],
    [
      "a public route passes on below a condition",
      SITE,
      replaced("limit_req zone=unknown;", "set $route_data public;\nif ($route) {\nfastcgi_pass 127.0.0.1:9000;\n}"),
      "without no-store at status 200",
    ],
    [
      "the route is one of patients' in another place",
      "settings.sites.0.routes",
      listed((routes) => [...routes, { ...known(routes[2]), data: "patients" }]),
      "without no-store at status 200",
    ],
    [
      "a server has a name that no site has",
      SITE,
      replaced(TLS_NAME, TLS_NAME.replace("org;", "org other.example.org;")),
      "without no-store at",
    ],
    ["a server has no name", SITE, replaced(TLS_NAME, "listen [::]:443 ssl;\n"), "without no-store at status 200"],
    [
      "the site's public route becomes one of patients",
      "settings.sites.0.routes.2.data",
      becomes("patients"),
      "without no-store at status 200",
    ],
  ]),
];

// All files as they are, but no server speaks TLS.
function plain(good: unknown): unknown {
  const text = JSON.stringify(good).replaceAll(" ssl;", ";").replaceAll(" ssl default_server;", " default_server;");
  const parsed: unknown = JSON.parse(text);
  return parsed;
}

/** What they must let pass. */
export const NGINX_ALLOWED: readonly Allowed[] = [
  ...allowed("listener-networks-narrow", "nginx", [
    ["a network is as wide as they may be", "settings.listeners.0.networks.0", becomes("10.7.0.0/16")],
    ["one address is named", "settings.listeners.0.networks.0", becomes("203.0.113.7/32")],
  ]),
  ...allowed("nginx-tls13-only", "nginx", [
    ["a third suite is offered", TLS, replaced("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256")],
    ["an older protocol stands in a comment", MAIN, added("# ssl_protocols TLSv1.2;")],
  ]),
  ...allowed("nginx-http-only-redirects", "nginx", [
    ["it redirects for good", SITE, replaced("return 308 https", "return 301 https")],
    [
      "an authority's challenge is answered",
      SITE,
      replaced(
        "return 308 https://$host$request_uri;\n    }",
        "return 308 https://$host$request_uri;\n    }\n    location /.well-known/acme-challenge/ { root /var/www; }",
      ),
    ],
  ]),
  ...allowed("nginx-security-headers", "nginx", [
    [
      "pages of the site's own are allowed",
      "settings.sites.0.contentSecurityPolicy",
      becomes(`${STRICT}; img-src 'self' https://img.example.org`),
    ],
    ...[
      [
        "pictures, fonts, media, workers and requests are made by the page",
        "img-src data: blob:; font-src data:; media-src blob:; worker-src blob:; connect-src 'self' blob:",
      ],
      ["scripts have a hash", `script-src 'sha256-${"A".repeat(43)}='`],
      ["scripts and styles have the service's nonce", "script-src 'self' 'service-nonce' 'strict-dynamic'; style-src 'service-nonce'"],
      ["WebAssembly is compiled", "script-src 'self' 'wasm-unsafe-eval'"],
      ["styles stand in the page, which another rule judges", "style-src 'self' 'unsafe-inline'"],
    ].map(([what = "", more = ""]): readonly [string, string, Spoil] => [
      what,
      "settings.sites.0.contentSecurityPolicy",
      becomes(`${STRICT}; ${more}`),
    ]),
    [
      "the rendered policy has the service's nonce",
      HEADERS,
      replaced("default-src 'none'", "default-src 'none'; script-src $service_nonce"),
    ],
    ["a location has them all", SITE, notes("include /etc/nginx/phiward/headers-api.example.org.conf;")],
  ]),
  ...allowed("nginx-styles-not-inline", "nginx", [
    ["styles have a hash", "settings.sites.0.contentSecurityPolicy", becomes(`${STRICT}; style-src 'sha256-${"A".repeat(43)}='`)],
  ]),
  ...allowed("nginx-cookies-guarded", "nginx", [
    ["a person comes back from elsewhere", MAIN, replaced("samesite=strict", "samesite=lax")],
    ["it is said in the settings", "settings.sites.0.sameSite", becomes("lax")],
    ["it is written in capitals", MAIN, replaced("secure httponly samesite=strict", "SECURE HttpOnly SameSite=Strict")],
  ]),
  ...allowed("nginx-upstreams-on-loopback", "nginx", [
    ["a location names the port itself", SITE, replaced("proxy_pass http://api/notes;", "proxy_pass http://[::1]:8080/notes;")],
    ["a service has a socket", MAIN, replaced("server 127.0.0.1:", "server unix:/run/api.sock;\nserver 127.0.0.1:")],
  ]),
  ...allowed("nginx-no-phi-in-logs", "nginx", [
    [
      "the size and kind of answers are logged",
      MAIN,
      replaced("method=$request_method", "method=$request_method kind=$sent_http_content_type"),
    ],
  ]),
  ...allowed("nginx-patients-data-not-stored", "nginx", [
    ["all answers forbid it", HEADERS, replaced('"$cache_control"', '"private, no-store"')],
    ["a public route may be kept by statuses in so many words", MAIN, replaced("~^public[23]", "public200")],
    ["a header is written in capitals", HEADERS, replaced("add_header Cache-Control", "add_header CACHE-CONTROL")],
    ["a pattern in capitals is of nothing here", MAIN, cacheLine("~^PATIENTS private;")],
    ["an earlier pattern forbids it", MAIN, cacheLine('~^patients no-store;\n"~(" private;')],
    ["an earlier map says otherwise", MAIN, replaced('map "$route_data$status"', `${OTHER_MAP}map "$route_data$status"`)],
    ["the public route ends with a slash", "settings.sites.0.routes.2.path", becomes("/health/")],
    ["a store is off", MAIN, http("fastcgi_cache off;")],
  ]),
];
