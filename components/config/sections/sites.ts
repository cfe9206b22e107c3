/** The sites of a stack: what is reachable over HTTPS. */
import { z } from "zod";
import { demandedBy } from "../demanded";
import { basicAuth, routePasswordKeys } from "./basicAuth";
import { certificate } from "./certificates";
import { allow } from "./clients";
import { choice, domain, list, name, text, whole } from "./values";
import { webRouteKeys, webSiteKeys } from "./webInterface";

const path = text("a path that begins with / and contains only letters, digits and / . _ ~ -", /^\/[A-Za-z0-9/._~-]{0,200}$/);
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

const route = z.strictObject({
  path: path.describe("Path that is proxied."),
  match: choice(["prefix", "exact"]).default("prefix").describe("Whether it includes the paths below it."),
  service: name.describe("The service that answers: one with a port."),
  methods: list(
    "a list of at least one HTTP method",
    z
      .enum(METHODS, { error: METHODS.join(", ") })
      .meta({ allowed: METHODS.join(", ") })
      .describe("An HTTP method."),
    1,
  )
    .default(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    .describe("Methods that are allowed."),
  data: choice(["patients", "public"])
    .default("patients")
    .describe("Data classification: `patients`, the safe default, forbids every cache to store responses."),
  bodyKilobytes: whole(1, 16_777_216)
    .default(1024)
    .describe("Largest request body in KB. Above 1024 it is passed on as it comes; of no size does it touch the host's disk."),
  timeoutSeconds: whole(1, 3600).default(30).describe("Seconds that the service may take to answer."),
  ...webRouteKeys,
  authentication: choice(["session", "basic"])
    .default("session")
    .describe(
      "How people log in to its service. `session`, as most do: at the site's `login`, or not at all. `basic`: the service asks for a password with each request (RFC 7617): its 401s to such requests are counted, and an address with three times as many as `bans` says gets 429 there, for as long as a ban lasts.",
    ),
  ...routePasswordKeys,
  allow: allow("Networks that may ask for it, in place of the site's; all others get 403. None: as the site says."),
});

// The longest file's name has 13 characters more, and no file system here takes more than 255.
const LONGEST_SITE = 242;
const siteName = domain.refine((name) => name.length <= LONGEST_SITE, {
  error: `a name of ${String(LONGEST_SITE)} characters at most: files on the host are named by it`,
});

/** The key `sites`. */
export const sites = list(
  "a list of sites",
  z.strictObject({
    name: siteName.describe("The site's host name; files on the host are named by it."),
    aliases: list("a list of host names", domain.describe("A further name.")).default([]).describe("Further names of the same site."),
    certificate,
    routes: list("a list of at least one route", route, 1).describe(
      "What is proxied, and to which service; every other path is answered with 404.",
    ),
    allow: allow(
      "Networks that may ask for it; all others get 403, and no ban for that. None: everyone may. Its redirect from HTTP and its certificate stay visible.",
    ),
    basicAuth: basicAuth(
      "Whom the web server asks for a password with each request (RFC 7617), for all routes: whoever gives none, or a wrong one, gets 401. An address with three times as many wrong ones as `bans` says gets 429 there, for as long as a ban lasts. None, as fits services that have logins of their own.",
    ),
    login: path
      .optional()
      .describe(
        "Path that logins are posted to: failed ones (401) are counted as `bans` says. An address with as many slows its own logins down to one a minute; with three times as many it has none, for as long as a ban lasts. All else stays open to it, for the others who share it.",
      ),
    contentSecurityPolicy: text('1 to 3000 characters of printable ASCII without " and \\', /^[ !#-[\]-~]{1,3000}$/)
      .default("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
      .describe(
        `What a browser may load for it. Nothing, as fits an API. \`'service-nonce'\` in it stands for the nonce that the service puts into its own policy of the same answer; that policy is passed on beside this one, and a browser follows both. X-Frame-Options follows frame-ancestors.${demandedBy("nginx-security-headers", "one that names default-src, base-uri, form-action and frame-ancestors, with data: and blob: only for images, fonts, media, workers and connections, and without unsafe-…, fixed nonces, * and whole schemes")}${demandedBy("nginx-styles-not-inline", "styles without 'unsafe-inline'")}`,
      ),
    ...webSiteKeys,
    requestsPerSecond: whole(1, 100_000)
      .default(100)
      .describe(
        "Requests a second that one address may sustain. 100: thirty people behind it who open a view of thirty requests every ten seconds.",
      ),
    burst: whole(1, 100_000)
      .default(10_000)
      .describe("Requests beyond that which it may make at once. 10000: thirty people who open a page of 150 files twice make 9060."),
    connections: whole(1, 10_000)
      .default(1000)
      .describe(
        "Requests of one address that are answered at once (over HTTP/2 each stream counts, 32 of a browser). 1000: thirty browsers make 960.",
      ),
    openConnections: whole(10, 10_000)
      .default(500)
      .describe(
        "Connections of one address that the firewall lets be open, idle ones and half requests too; for all sites together the largest number counts, and for IPv6 the address is its /64 network. 500: thirty browsers with two sites open make 60 over HTTP/2 and 360 over HTTP/1.1.",
      ),
  }),
)
  .default([])
  .describe("What is reachable over HTTPS, on each host of the role application: TLS 1.3, and nothing older.");
