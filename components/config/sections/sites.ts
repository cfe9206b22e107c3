/** The sites of a stack: what the world reaches by HTTPS. */
import { z } from "zod";
import { choice, domain, list, name, text, whole } from "./values";

const path = text("a path that begins with / and has none but letters, digits and / . _ ~ - in it", /^\/[A-Za-z0-9/._~-]{0,200}$/);
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

const selfSigned = z.strictObject({
  kind: z.literal("selfSigned").meta({ allowed: "selfSigned" }).describe("Made and renewed on the host. Clients must be told to trust it."),
  key: choice(["ecdsa-p384", "rsa-4096"]).default("ecdsa-p384").describe("Kind of key. ECDSA P-384: as strong as the ciphers, and fast."),
  days: whole(10, 397).default(90).describe("Days a certificate is valid. 90, so that renewal is a habit."),
  renewBeforeDays: whole(3, 200).default(30).describe("Days before its end at which it is renewed. 30: time to notice that it was not."),
});

const acme = z.strictObject({
  kind: z
    .literal("acme")
    .meta({ allowed: "acme" })
    .describe("From a certificate authority; a later version brings it, this one refuses it."),
  email: text("a mail address", /^[^@\s]{1,64}@[^@\s]{1,190}$/).describe("Where the authority writes to."),
});

const route = z.strictObject({
  path: path.describe("Path that is passed on."),
  match: choice(["prefix", "exact"]).default("prefix").describe("Whether paths below it are meant too."),
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
    .describe("Methods that are let through."),
  data: choice(["patients", "public"]).default("patients").describe("Whose data passes: `patients` forbids every cache to keep it."),
  bodyKilobytes: whole(1, 1_048_576).default(1024).describe("Largest body in KB."),
  timeoutSeconds: whole(1, 3600).default(30).describe("Seconds that the service may be silent."),
});

/** The key `sites`. */
export const sites = list(
  "a list of sites",
  z.strictObject({
    name: domain.describe("The site's host name."),
    aliases: list("a list of host names", domain.describe("A further name.")).default([]).describe("Further names that lead to the same."),
    certificate: z
      .discriminatedUnion("kind", [selfSigned, acme])
      .meta({ allowed: "selfSigned; acme comes with a later version" })
      .describe("Where its certificate comes from."),
    routes: list("a list of at least one route", route, 1).describe(
      "What is passed on, and where to; every other path is answered with 404.",
    ),
    login: path.optional().describe("Path that logins are posted to: tries are limited, and failed ones (401) counted as `bans` says."),
    contentSecurityPolicy: text('1 to 1000 characters of printable ASCII without " and \\', /^[ !#-[\]-~]{1,1000}$/)
      .default("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
      .describe("What a browser may load for it. Nothing, as fits an API."),
    requestsPerSecond: whole(1, 100_000).default(20).describe("Requests a second that one address may make for long."),
    burst: whole(1, 100_000).default(40).describe("Requests that it may make at once beyond that."),
    connections: whole(1, 10_000).default(40).describe("Connections that one address may hold."),
  }),
)
  .default([])
  .describe("What the world reaches by HTTPS, on each host of the role application: TLS 1.3, and nothing older.");
