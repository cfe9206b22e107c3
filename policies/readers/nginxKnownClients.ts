/** Of the directives that nginx may have: those about the address that asks. */
import { BANNED_CLIENTS } from "../../components/config/names";
import type { KnownLine } from "./closedLines";
import { type KnownBlock, map } from "./nginxStatements";
import type { Value } from "./value";

/** Maps in http. Of which paths browsers and scanners ask, nobody here can tell. */
export const CLIENT_MAPS: readonly KnownBlock[] = [
  map("the map of what is asked for", "$uri $asks", ["default other"], ["~*^/{**} browser", "~*{**} probe"]),
  map("the map of what is tried", "$request_uri $tries", ["default no"], ["~*{**} sql"]),
  map("the map of beginnings of paths", "$uri $beginning", ["default ", "~^(?<first_characters>.{1,64}) $first_characters"]),
  map("the map of clients that log in", "$login $login_client", ["default ", "yes $binary_remote_addr"]),
  map("the map of clients that are slowed down", "$login $logins $slowed_client", ["default ", "yes slowed $binary_remote_addr"]),
  map("the map of sent passwords", "$http_authorization $sent_password", ["default ", "~*^basic yes"]),
  map("the map of passwords that are counted", "$route_basic$sent_password $basic", ["default no", "yesyes yes"]),
  map("the map of clients without passwords", "$basic $logins $basic_closed", ["default ", "yes closed yes"]),
  map("the map of clients without a login", "$login $logins $logins_closed", ["default ", "yes closed yes"]),
];

/** Zones in http. */
export const CLIENT_ZONES: readonly KnownLine[] = [
  "limit_req_zone $login_client zone=login:10m rate={1..1000}r/m",
  "limit_req_zone $slowed_client zone=slowed:10m rate={1..10}r/m",
  "limit_req_zone $binary_remote_addr$beginning zone=unknown:10m rate=1r/m",
];

/** What a route with Basic authentication of its service has more. */
export const BASIC_LINES: readonly KnownLine[] = ["set $route_basic yes"];
export const BASIC_REFUSED: KnownBlock = {
  name: "the block of closed passwords",
  head: "if ($basic_closed)",
  inside: { lines: ["return 429"] },
};

/** What a route has more where nginx asks for passwords: of the declared realms and users, never `off`; which of them, the rule nginx-clients-as-declared asks. */
export const PASSWORD_LINES: readonly KnownLine[] = [
  "auth_basic {realms}",
  "auth_basic_user_file /etc/nginx/phiward-users/{user files}",
  "set $route_password asked",
];

/** What a service gets of the header: nothing, where nginx asked. */
export const AUTHORIZATION_MAP: KnownBlock = map("the map of passed passwords", "$route_password $passed_authorization", [
  "default $http_authorization",
  "asked ",
]);
export const AUTHORIZATION_HEADER: KnownLine = "proxy_set_header Authorization $passed_authorization";

/** The realms and files of users that are declared, as words of known lines; undefined if one of them is not known. */
export function passwordWords(sites: Value): Readonly<Record<"realms" | "user files", readonly string[]>> | undefined {
  const lists = sites.items()?.map((site) => site.at("routes").items());
  if (lists === undefined || lists.includes(undefined)) return undefined;
  const asking = lists.flatMap((routes) => routes ?? []).filter((route) => route.has("passwords"));
  const read = asking.map((route) => [route.at("passwords").at("realm").text(), route.at("passwords").at("users").text()] as const);
  const known = read.flatMap(([realm, file]) => (realm === undefined || file === undefined ? [] : [{ realm, file }]));
  if (known.length !== read.length) return undefined;
  // By that one nginx asks for nothing.
  return {
    realms: known.map(({ realm }) => realm).filter((realm) => realm !== "off"),
    "user files": known.map(({ file }) => file),
  };
}

/** Lines of what only some networks may ask for. */
export const ALLOW_LINES: readonly KnownLine[] = ["allow {networks}", "deny all"];

/** Lines of a server with a login. */
export const LOGIN_LINES: readonly KnownLine[] = [
  "set $logins ",
  "set $route_basic ",
  "limit_req zone=login burst={0..1000} nodelay",
  "limit_req zone=slowed nodelay",
];

/** Lines of http about proxies in front; the rule nginx-proxies-narrow asks which. */
export const PROXY_LINES: readonly KnownLine[] = ["set_real_ip_from {proxies}", "real_ip_header X-Forwarded-For", "real_ip_recursive on"];

/** Blocks of a server about addresses that are banned. */
export const LOGIN_BLOCKS: readonly KnownBlock[] = [
  ...["nginx-scanner", "nginx-unknown", "nginx-limits"].map((jail) => banned(jail, "return 403")),
  banned("nginx-login", "set $logins slowed"),
  banned("nginx-guesser", "set $logins closed"),
  { name: "the block of closed logins", head: "if ($logins_closed)", inside: { lines: ["return 429"] } },
];

function banned(jail: string, line: KnownLine): KnownBlock {
  return { name: "the block of banned addresses", head: `if (-f ${BANNED_CLIENTS}/${jail}/$remote_addr)`, inside: { lines: [line] } };
}

/** The location of all paths that no route has. */
export const UNKNOWN_LOCATION: KnownBlock = {
  name: "the location of the rest",
  head: "location /",
  inside: {
    lines: ["limit_req zone=unknown", "limit_req_dry_run on", "root /run/phiward-nothing", "try_files /phiward-nothing =404"],
  },
};
