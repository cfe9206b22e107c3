/** The content security policy of a site, and what of a service's own one is passed on. */
import { literal } from "../../plan/patterns";
import type { NginxSite } from "./settings";

type Site = Pick<NginxSite, "contentSecurityPolicy">;

// Not a nonce of CSP's own form: where nothing replaces it, a browser ignores it.
const SERVICE_NONCE = "'service-nonce'";
// 128 bits at least, as CSP asks, in base64 or base64url.
const NONCE = "'nonce-[A-Za-z0-9+/_-]{22,128}={0,2}'";

/** The policy as it stands in nginx's file. */
export function policyText({ contentSecurityPolicy }: Site): string {
  return contentSecurityPolicy.replaceAll(SERVICE_NONCE, "$service_nonce");
}

/** A pattern of the header that a site's answers have, with whatever nonce the service gives. */
export function policyPattern({ contentSecurityPolicy }: Site): string {
  // Where there is none at the end, the space before it is cut off with it.
  const parts = contentSecurityPolicy.split(SERVICE_NONCE).map((part) => literal(part).replace(/ $/, " ?"));
  return `^[Cc]ontent-[Ss]ecurity-[Pp]olicy: ${parts.join(`(?:${NONCE})?`)}$`;
}

/** Whether a site's policy takes its nonces from the service. */
export function takesNonces({ contentSecurityPolicy }: Site): boolean {
  return contentSecurityPolicy.includes(SERVICE_NONCE);
}

/** What browsers without `frame-ancestors` are sent. They know no names of other sites: of these they get the stricter word. */
export function frameOptions({ contentSecurityPolicy }: Site): "DENY" | "SAMEORIGIN" {
  const [, ...sources] =
    contentSecurityPolicy
      .split(";")
      .map((directive) => directive.trim().split(/\s+/))
      .find(([name]) => name?.toLowerCase() === "frame-ancestors") ?? [];
  return sources.some((source) => source.toLowerCase() !== "'none'") ? "SAMEORIGIN" : "DENY";
}

/** Whether pages of a site may be framed at all, so that a service may be stricter about it. */
export function isFramed(site: Site): boolean {
  return frameOptions(site) !== "DENY";
}

/**
 * Of several policies a browser enforces each (CSP level 3, section 8.1), so that the service's own, sent beside the site's, only ever
 * forbids more. One that names where to report is left out: a report has the page's address in it, which may name a patient.
 */
export function policyMaps(sites: readonly NginxSite[]): readonly string[] {
  return [
    "map $upstream_http_content_security_policy $service_policy {",
    "    default $upstream_http_content_security_policy;",
    '    "~*report-(?:uri|to)" "";',
    "}",
    // The older header of the same: a browser follows it only where no policy says who may frame a page, and the site's does.
    ...(sites.some(isFramed)
      ? [
          "map $upstream_http_x_frame_options $service_frames {",
          '    default "";',
          "    ~*^deny$ \"frame-ancestors 'none'\";",
          "    ~*^sameorigin$ \"frame-ancestors 'self'\";",
          "}",
        ]
      : []),
    ...(sites.some(takesNonces)
      ? ["map $upstream_http_content_security_policy $service_nonce {", '    default "";', `    "~(?<nonce>${NONCE})" $nonce;`, "}"]
      : []),
  ];
}
