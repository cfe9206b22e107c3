/** What may be stored and compressed: answers of public routes. Patients' data is neither. */
import { HTTP_PORTS } from "../../config/names";
import { anyOf } from "../../plan/patterns";
import type { Check } from "../../plan/types";
import { certificatePath } from "../certificates/settings";
import type { NginxRoute, NginxSite } from "./settings";

// What is text and large; images, fonts for the web and archives are compressed already. text/html always is among them.
const TEXT_TYPES = [
  ...["text/css", "text/plain", "text/xml", "text/javascript", "application/javascript", "application/json", "application/manifest+json"],
  ...["application/xml", "application/wasm", "image/svg+xml", "font/ttf", "font/otf"],
];

function hasDeclared(sites: readonly NginxSite[]): boolean {
  return sites.some(({ routes }) => routes.some(({ cacheSeconds }) => cacheSeconds !== undefined));
}

/** The maps that find Cache-Control. It is stored by nobody, but for what is public and went well: there the service or the route decides. */
export function cacheMaps(sites: readonly NginxSite[]): readonly string[] {
  const declared = hasDeclared(sites);
  return [
    'map "$route_data$status" $cache_control {',
    "    default no-store;",
    `    ~^public[23] ${declared ? "$public_cache" : "$upstream_http_cache_control"};`,
    "}",
    ...(declared
      ? [
          // A redirect may lead elsewhere tomorrow, and a stored cookie would be another person's.
          'map "$route_cache|$status|$upstream_http_set_cookie" $public_cache {',
          "    default no-store;",
          '    "~^\\|" $upstream_http_cache_control;',
          '    "~^(?<stored>[^|]+)\\|(?:200|206|304)\\|$" $stored;',
          "}",
        ]
      : []),
  ];
}

/** Asks the running server whether a route's answers may be stored as declared, or not at all where they went wrong. */
export function cacheChecks({ name, routes }: NginxSite): readonly Check[] {
  return routes
    .filter(({ cacheSeconds }) => cacheSeconds !== undefined)
    .map((route, index) => ({
      id: `nginx-${name}-stored-${index + 1}`,
      control: "TLS-11",
      argv: [
        ...["curl", "--silent", "--head", "--max-time", "10", "--cacert", certificatePath(name)],
        ...["--connect-to", `${name}:${HTTP_PORTS.tls}:127.0.0.1:${HTTP_PORTS.tls}`, `https://${name}${route.path}`],
      ],
      expect: { kind: "matches", pattern: `^[Cc]ache-[Cc]ontrol: ${anyOf([storing(route), "no-store"])}$` },
    }));
}

function storing({ cacheSeconds = 0, cacheImmutable }: NginxRoute): string {
  return `public, max-age=${cacheSeconds}${cacheImmutable ? ", immutable" : ""}`;
}

/** Lines of a route's location. */
export function cacheLines(route: NginxRoute): readonly string[] {
  const { data, cacheSeconds, compress } = route;
  if (data !== "public") return [];
  return [
    ...(cacheSeconds === undefined ? [] : [`    set $route_cache "${storing(route)}";`]),
    ...(compress
      ? [
          "    gzip on;",
          "    gzip_proxied any;",
          "    gzip_vary on;",
          "    gzip_min_length 1024;",
          `    gzip_types ${TEXT_TYPES.join(" ")};`,
        ]
      : []),
  ];
}
