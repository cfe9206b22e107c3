import { frameOptions, isFramed, policyText } from "./contentPolicy";
import type { NginxSite } from "./settings";

/** Two years in seconds, as hstspreload.org asks (RFC 6797). */
const HSTS_SECONDS = 63_072_000;

/** Powers of a browser that no page of these sites is given. */
const DENIED = ["accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb"];

/** Headers of every answer of a site, whoever wrote it. An upstream's own are hidden, so that none is there twice. */
export function securityHeaders(site: Pick<NginxSite, "contentSecurityPolicy">): readonly (readonly [string, string])[] {
  return [
    ["Strict-Transport-Security", `max-age=${HSTS_SECONDS}; includeSubDomains`],
    ["Content-Security-Policy", policyText(site)],
    ["X-Content-Type-Options", "nosniff"],
    ["X-Frame-Options", frameOptions(site)],
    ["Referrer-Policy", "no-referrer"],
    ["Permissions-Policy", DENIED.map((power) => `${power}=()`).join(", ")],
    ["Cross-Origin-Opener-Policy", "same-origin"],
    ["Cross-Origin-Resource-Policy", "same-origin"],
  ];
}

// Headers whose value nginx finds for each answer; an empty one is not sent.
const FOUND = [
  ["Content-Security-Policy", "$service_policy"],
  ["Cache-Control", "$cache_control"],
  ["X-Request-ID", "$request_id"],
  ["Allow", "$allowed_methods"],
  ["Retry-After", "$retry_after"],
] as const;

/** What an upstream may not say itself: what we say for it, and what discloses which program it is. */
export const HIDDEN_HEADERS: readonly string[] = [
  ...securityHeaders({ contentSecurityPolicy: "" }).map(([name]) => name),
  ...["Cache-Control", "X-Request-ID", "Expires", "Pragma", "Content-Security-Policy-Report-Only", "X-XSS-Protection"],
  ...["X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version", "X-Runtime", "X-Generator", "Via"],
];

/**
 * The one include of a site's headers. It is for the server block alone: an `add_header` in a location drops all that the
 * location would inherit, so that no location has one.
 */
export function headersText(site: NginxSite): string {
  const framed = isFramed(site) ? ([["Content-Security-Policy", "$service_frames"]] as const) : [];
  return [...securityHeaders(site), ...framed, ...FOUND].map(([name, value]) => `add_header ${name} "${value}" always;\n`).join("");
}
